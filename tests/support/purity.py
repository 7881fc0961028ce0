"""Finds what would make a deterministic package depend on the machine, the clock, chance or the order of a hash.

It reads source, so it sees who writes what in *our* modules; a library may load `os` for itself. It has no types: a set
is known by how it is written (a literal, `set(...)`, a name or attribute that this file annotates or assigns as one).
What escapes it is caught by running everything under two values of PYTHONHASHSEED.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

BANNED_MODULES = {
    "asyncio": "a machine never waits: its driver does",
    "concurrent": "threads interleave differently each time",
    "gc": "what is collected when differs between runs",
    "io": "I/O is the driver's",
    "locale": "depends on the machine",
    "logging": "facts leave as Observe effects",
    "multiprocessing": "processes interleave differently each time",
    "os": "depends on the machine",
    "pathlib": "I/O is the driver's",
    "platform": "depends on the machine; a host is told by HostDescribed",
    "queue": "made for threads",
    "secrets": "secrets are asked for by an effect and come back as an event",
    "select": "I/O is the driver's",
    "signal": "depends on the process",
    "socket": "I/O is the driver's",
    "subprocess": "I/O is the driver's",
    "sys": "depends on the process",
    "tempfile": "I/O is the driver's",
    "threading": "threads interleave differently each time",
    "time": "time comes in as `now`",
    "uuid": "identifiers are drawn from the injected Random",
    "warnings": "prints, once per process",
    "weakref": "shows when garbage is collected",
}
PURE_MODULES = {
    "__future__", "abc", "base64", "binascii", "bisect", "collections", "contextlib", "copy", "dataclasses", "datetime",
    "decimal", "difflib", "enum", "fractions", "functools", "graphlib", "hashlib", "heapq", "hmac", "ipaddress",
    "itertools", "json", "math", "operator", "posixpath", "random", "re", "shlex", "statistics", "string", "struct",
    "textwrap", "types", "typing", "unicodedata", "zlib",
}  # fmt: skip
BANNED_PATH_FUNCTIONS = {"abspath", "exists", "expanduser", "expandvars", "isdir", "isfile", "realpath"}
"""What posixpath has that looks at the machine."""
BANNED_CALLS = {
    "breakpoint": "stops the process",
    "eval": "hides what it runs from every check",
    "exec": "hides what it runs from every check",
    "hash": "strings hash differently in each process",
    "id": "addresses differ in each process",
    "input": "I/O is the driver's",
    "open": "I/O is the driver's",
    "print": "facts leave as Observe effects",
}
WALL_CLOCK_METHODS = {"now", "today", "utcnow"}
SET_METHODS = {"union", "intersection", "difference", "symmetric_difference"}
SET_NAMES = {"set", "frozenset"}
ORDER_BLIND = {"all", "any", "len", "set", "frozenset", "sum"}
"""Their result is the same in whatever order they see the elements."""
ORDER_BLIND_WITHOUT_KEY = {"sorted", "min", "max"}
"""The same, unless a key lets different elements tie."""
ORDERED_CONSUMERS = {"dict", "enumerate", "iter", "list", "map", "filter", "reversed", "tuple", "zip"}


@dataclass(frozen=True)
class Finding:
    """One breach: where, which rule, and why the rule is there."""

    line: int
    rule: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.rule}: {self.reason}"


def findings(source: str, *, packages: frozenset[str], may_seed: bool = False) -> list[Finding]:
    """Every breach in one module's source, in the order of its lines.

    `packages` are the modules outside the standard library that it may import; `may_seed` allows `Random(seed)`.
    """
    tree = ast.parse(source)
    checker = _Checker(packages, may_seed, _set_names(tree))
    checker.visit(tree)
    return sorted(checker.found, key=lambda finding: finding.line)


def _set_names(tree: ast.Module) -> frozenset[str]:
    """Names and attributes that this module writes as sets and never as anything else."""
    sets: set[str] = set()
    others: set[str] = set()
    for target, is_set in _bindings(tree):
        name = target.attr if isinstance(target, ast.Attribute) else target.id
        (sets if is_set else others).add(name)
    return frozenset(sets - others)


def _bindings(tree: ast.Module) -> Iterator[tuple[ast.Name | ast.Attribute, bool]]:
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(target=ast.Name() | ast.Attribute() as annotated, annotation=annotation):
                yield annotated, _is_set_annotation(annotation)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name | ast.Attribute):
                        yield target, _is_set(value, frozenset())
            case ast.arg(arg=name, annotation=annotation):
                yield ast.Name(name), annotation is not None and _is_set_annotation(annotation)
            case ast.For(target=ast.Name() as target) | ast.comprehension(target=ast.Name() as target):
                yield target, False


def _is_set_annotation(annotation: ast.expr) -> bool:
    match annotation:
        case ast.Name(id=name):
            return name in SET_NAMES or name == "AbstractSet"
        case ast.Subscript(value=ast.Name(id="Final" | "ClassVar"), slice=inner):
            return _is_set_annotation(inner)
        case ast.Subscript(value=value):
            return _is_set_annotation(value)
        case ast.BinOp(op=ast.BitOr(), left=left):
            return _is_set_annotation(left)
    return False


def _is_set(node: ast.expr, known: frozenset[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in SET_NAMES
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in SET_METHODS
        case ast.BinOp(op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), left=left, right=right):
            return any(_is_set(side, known) or _is_keys_view(side) for side in (left, right))
        case ast.IfExp(body=body, orelse=orelse):
            return _is_set(body, known) or _is_set(orelse, known)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in known
    return False


def _is_keys_view(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"keys", "items"}


class _Checker(ast.NodeVisitor):
    def __init__(self, packages: frozenset[str], may_seed: bool, sets: frozenset[str]) -> None:
        self.found: list[Finding] = []
        self._packages = packages
        self._may_seed = may_seed
        self._sets = sets
        self._order_blind: set[ast.expr] = set()
        self._in_hash = False

    def _report(self, node: ast.AST, rule: str, reason: str) -> None:
        self.found.append(Finding(getattr(node, "lineno", 0), rule, reason))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._check_module(node, alias.name)
            if alias.name == "random":
                self._report(node, "random functions", "the module's generator is shared and seeded by the machine")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._check_module(node, node.module or "")
        if node.module == "random" and any(alias.name != "Random" for alias in node.names):
            self._report(node, "random functions", "the module's generator is shared and seeded by the machine")

    def _check_module(self, node: ast.stmt, module: str) -> None:
        top = module.partition(".")[0]
        if reason := BANNED_MODULES.get(top):
            self._report(node, f"import {top}", reason)
        elif top not in PURE_MODULES and top not in self._packages:
            self._report(node, f"import {top}", "not known to be pure: judge it and add it to one of the two lists")

    def visit_Call(self, node: ast.Call) -> None:
        match node.func:
            case ast.Name(id="hash") if self._in_hash:
                pass
            case ast.Name(id=name) if name in BANNED_CALLS:
                self._report(node, f"{name}()", BANNED_CALLS[name])
            case ast.Name(id="Random") if not (self._may_seed and node.args):
                self._report(node, "Random()", "a generator comes in from outside; a new one is seeded by the machine")
            case ast.Name(id="sum") if any(map(_has_float, node.args)):
                self._report(node, "float sum", "its result depends on the order of the terms: sum integers")
            case ast.Attribute(attr=name, value=value) if name in WALL_CLOCK_METHODS and _names_date(value):
                self._report(node, f"{name}()", "wall time comes in as the WallClock event")
            case ast.Attribute(value=ast.Name(id="posixpath"), attr=name) if name in BANNED_PATH_FUNCTIONS:
                self._report(node, f"posixpath.{name}()", "looks at the machine")
            case ast.Attribute(attr="fromtimestamp", value=value) if _names_date(value) and not _has_zone(node):
                self._report(node, "fromtimestamp()", "without a zone it uses the machine's")
            case ast.Attribute(attr="pop", value=value) if _is_set(value, self._sets) and not node.args:
                self._report(node, "set.pop()", "which element it takes depends on the hash")
        self._check_consumer(node)
        self.generic_visit(node)

    def _check_consumer(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        keyed = any(keyword.arg == "key" for keyword in node.keywords)
        if name in ORDER_BLIND or (name in ORDER_BLIND_WITHOUT_KEY and not keyed):
            self._order_blind.update(node.args)
        elif name in ORDERED_CONSUMERS or name in ORDER_BLIND_WITHOUT_KEY or _is_join(node.func):
            for argument in node.args:
                self._check_iteration(argument)

    def visit_For(self, node: ast.For) -> None:
        self._check_iteration(node.iter)
        self.generic_visit(node)

    def visit_Starred(self, node: ast.Starred) -> None:
        if isinstance(node.ctx, ast.Load):
            self._check_iteration(node.value)
        self.generic_visit(node)

    def visit_Set(self, node: ast.Set) -> None:
        for element in node.elts:
            self.visit(element.value if isinstance(element, ast.Starred) else element)

    def visit_ListComp(self, node: ast.ListComp | ast.DictComp | ast.GeneratorExp) -> None:
        if node not in self._order_blind:
            for generator in node.generators:
                self._check_iteration(generator.iter)
        self.generic_visit(node)

    visit_DictComp = visit_GeneratorExp = visit_ListComp  # noqa: N815  (ast.NodeVisitor names them so)

    def _check_iteration(self, iterable: ast.expr) -> None:
        if _is_set(iterable, self._sets):
            self._report(iterable, "iteration over a set", "its order depends on the hash: sort it, or keep a dict")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name == "__del__":
            self._report(node, "__del__", "runs when the garbage collector likes")
        outer, self._in_hash = self._in_hash, node.name == "__hash__"
        self.generic_visit(node)
        self._in_hash = outer

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._report(node, "async def", "a machine never waits: its driver does")

    def visit_Global(self, node: ast.Global) -> None:
        self._report(node, "global", "hosts in one process share nothing")


def _has_float(node: ast.expr) -> bool:
    term = node.elt if isinstance(node, ast.GeneratorExp | ast.ListComp) else node
    if isinstance(term, ast.Call) and isinstance(term.func, ast.Name) and term.func.id in {"int", "len", "round"}:
        return False
    return any(
        (isinstance(part, ast.Constant) and isinstance(part.value, float))
        or (isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div))
        or (isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "float")
        for part in ast.walk(node)
    )


def _names_date(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in {"date", "datetime"}


def _has_zone(node: ast.Call) -> bool:
    return len(node.args) > 1 or any(keyword.arg == "tz" for keyword in node.keywords)


def _is_join(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr == "join"
