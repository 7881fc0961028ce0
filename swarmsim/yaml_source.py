"""YAML files read so that every complaint about them can name file and line.

Scalars are read as YAML 1.2 reads them, as Docker's tools do: `22:22`, `yes`, `2024-01-01` are text; `0444` is octal.
Keys written twice are errors; merge keys (`<<`) and anchors work; what a document may expand to is bounded.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NoReturn

import yaml
from msgspec import Struct

from core.document import Value, described
from core.mistakes import DocumentError

_MAX_NODE_COUNT: Final = 200_000
_INTEGERS: Final = range(-(2**63), 2**64)
_MAX_INTEGER_CHARACTERS: Final = 66
"""Of the longest way to write one of them: 0b and 64 digits."""
_UNQUOTED: Final = "; between braces or brackets a variable must be in quotes: '${NAME}'"
_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
_TAG: Final = "tag:yaml.org,2002:"


class SourceError(Exception):
    """Something is wrong in a file; the text starts with `file:line:`."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(f"{file}:{line}: {problem}" if line else f"{file}: {problem}")
        self.file = file
        self.line = line
        self.problem = problem

    @property
    def each(self) -> tuple["SourceError", ...]:
        """The single mistakes; itself if it is one."""
        return (self,)


class SourceErrors(SourceError):
    """Several mistakes, in one file or in those it names: a line of text for each, in the order of their lines."""

    def __init__(self, each: Iterable[SourceError]) -> None:
        self._each = tuple(dict.fromkeys(sorted(each, key=lambda error: (error.file, error.line))))
        super().__init__(self._each[0].file, self._each[0].line, self._each[0].problem)

    def __str__(self) -> str:
        return "\n".join(map(str, self._each))

    @property
    def each(self) -> tuple[SourceError, ...]:
        return self._each


def refuse(mistakes: Sequence[SourceError]) -> None:
    """Raise these mistakes, if there are any."""
    if mistakes:
        raise mistakes[0] if len(mistakes) == 1 else SourceErrors(mistakes)


class Source(Struct, frozen=True):
    """A parsed file: plain Python data, and the line (from 1) of each path in it."""

    file: str
    data: object
    lines: dict[str, int]
    mistakes: tuple[SourceError, ...] = ()
    """What is wrong with it as YAML, though it could be read: to be refused with whatever else is wrong."""

    @property
    def root(self) -> Value:
        """The document, to be walked."""
        return Value("", self.data)

    def line_of(self, path: str) -> int:
        """The line of a path, or of the nearest one above it that is written; 0 if none is."""
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path, 0)

    def located(self, error: DocumentError) -> tuple[SourceError, ...]:
        """The same mistakes with this file and their lines."""
        return tuple(SourceError(self.file, self.line_of(each.path), str(each)) for each in error.each)


def parse(file: str, text: str) -> Source:
    """Parse one YAML document; `file` is what messages call it."""
    try:
        node = yaml.compose(text, Loader=_Loader)
        if node is None:
            raise SourceError(file, 0, "the file is empty")
        builder = _Builder(file)
        return Source(file, builder.build(node, ""), builder.lines, tuple(builder.mistakes))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        hint = _UNQUOTED if line and _in_braces(text.split("\n")[line - 1]) else ""
        raise SourceError(file, line, f"not YAML: {error.problem or error.context}{hint}") from error
    except yaml.YAMLError as error:
        raise SourceError(file, 0, f"not YAML: {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise SourceError(file, 0, "lists and mappings lie too deep in each other") from error


def _in_braces(line: str) -> bool:
    """Whether a variable stands in a flow mapping or list without quotes: YAML takes its brace for one of its own."""
    return re.search(r"[\[{,:]\s*\$\{", line) is not None and re.search(r"[\[{]", line.replace("${", "")) is not None


class _Loader(yaml.SafeLoader):
    """A SafeLoader that tells scalars apart as YAML 1.2 does."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  (PyYAML's own attribute)


def _resolve(kind: str, pattern: str, first: str) -> None:
    _Loader.add_implicit_resolver(_TAG + kind, re.compile(f"^(?:{pattern})$"), list(first))


_resolve("null", "~|null|Null|NULL|", "~nN\0")
_Loader.yaml_implicit_resolvers.setdefault("", []).append((_TAG + "null", re.compile("^$")))
_resolve("bool", "true|True|TRUE|false|False|FALSE", "tTfF")
_resolve("int", r"[-+]?(?:0|[1-9][0-9]*)|0o?[0-7]+|0x[0-9a-fA-F]+", "-+0123456789")
_resolve("float", r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?", "-+.0123456789")
_resolve("merge", "<<", "<")


class _Builder:
    """Turns nodes into plain data and notes where each path is."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[str, int] = {}
        self.mistakes: list[SourceError] = []
        self._node_count = 0
        self._open: list[yaml.Node] = []

    def build(self, node: yaml.Node, path: str) -> object:
        self._node_count += 1
        if self._node_count > _MAX_NODE_COUNT or node in self._open:
            self._fail(node, "the document refers to itself or is too large")
        self.lines.setdefault(path, node.start_mark.line + 1)
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.build(item, f"{path}[{index}]") for index, item in enumerate(node.value)]
            assert isinstance(node, yaml.ScalarNode)
            return self._scalar(node)
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[object, object]:
        merged: dict[object, object] = {}
        found: dict[object, object] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _TAG + "merge":
                merged = self._merged(value_node, path) | merged
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._fail(key_node, "a key must be text")
            key = self._scalar(key_node)
            if key in found:
                self._note(key_node, f"key {key_node.value!r} is written twice")
            child = f"{path}.{key_node.value}" if path else key_node.value
            self.lines[child] = key_node.start_mark.line + 1
            found[key] = self.build(value_node, child)
        return merged | found

    def _merged(self, node: yaml.Node, path: str) -> dict[object, object]:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[object, object] = {}
        for source in reversed(sources):
            built = self.build(source, path)
            if not isinstance(built, dict):
                self._fail(source, "only mappings can be merged by <<")
            merged |= built
        return merged

    def _scalar(self, node: yaml.ScalarNode) -> object:
        kind = node.tag.removeprefix(_TAG)
        if kind == "str":
            if strange := _NO_TEXT.search(node.value):
                self._fail(node, f"text with the character {strange[0]!r}, which no program takes")
            return node.value
        if kind == "null":
            return None
        if kind == "bool":
            return node.value.lower() == "true"
        try:
            return _integer(node.value) if kind == "int" else _number(node, kind)
        except OverflowError:
            self._fail(node, f"{described(node.value)} is too large for a whole number; in quotes it is text")
        except ValueError:
            self._fail(node, f"cannot read {described(node.value)} as {node.tag}")

    def _note(self, node: yaml.Node, problem: str) -> None:
        self.mistakes.append(SourceError(self.file, node.start_mark.line + 1, problem))

    def _fail(self, node: yaml.Node, problem: str) -> NoReturn:
        raise SourceError(self.file, node.start_mark.line + 1, problem)


def _integer(text: str) -> int:
    """A whole number of at most 64 bits; more raise OverflowError, since others could not even write them down."""
    digits = text.lstrip("+-")
    if len(digits) > _MAX_INTEGER_CHARACTERS:
        raise OverflowError
    is_octal = digits.startswith("0") and digits.isdecimal() and len(digits) > 1
    number = int(digits, 8) if is_octal else int(text, 0)
    if number not in _INTEGERS:
        raise OverflowError
    return number


def _number(node: yaml.ScalarNode, kind: str) -> float:
    if kind != "float":
        raise ValueError(kind)
    return float(node.value)
