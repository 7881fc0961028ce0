"""A part of Go's templates, enough for `--format`: `{{.ID}}: {{.Spec.Name}}`, `{{json .}}`, `{{range .Ports}}…{{end}}`.

Actions: a path, a text, a number, or a function with its arguments (pipelines are allowed), `if`, `else`, `range`,
`end`. Left out: variables, comparisons, `with`, `define`. What a path leads to is a value of JSON, and is written as Go
writes it. A template that cannot be read, or asks for what is not there, is a TemplateError.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from swarmsim.cli.docker.client import DaemonError

Json = Any
Part = str | list[str] | tuple[list[str], list["Part"], list["Part"]]
"""Text as it is; an action's words; or a block: its words, what is in it, and what is after its `else`."""


class TemplateError(DaemonError):
    """What is wrong with a template."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"template parsing error: {problem}")


_ACTION: Final = re.compile(r"(\s*)\{\{(-?)(.*?)(-?)\}\}", re.DOTALL)
_WORD: Final = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|[|()]|[^\s|()]+')
_ESCAPES: Final = {r"\t": "\t", r"\n": "\n"}


class Template:
    """To be filled in many times."""

    def __init__(self, text: str) -> None:
        for escape, character in _ESCAPES.items():
            text = text.replace(escape, character)
        pieces = _pieces(text)
        self._parts, ended_by = _block(pieces)
        if ended_by:
            raise TemplateError(f"unexpected {{{{{ended_by[0]}}}}}")

    def fill(self, data: Json) -> str:
        """With what a path may lead to."""
        return _filled(self._parts, data)

    def column_names(self, header: Callable[[str], str]) -> str:
        """The template with each path replaced by its header; a block whose path has an empty one is not there."""
        return "".join(_headed(self._parts, header))


def _pieces(text: str) -> Iterator[str | list[str]]:
    at, trims = 0, False
    for found in _ACTION.finditer(text):
        space, left, action, right = found.groups()
        literal = text[at : found.start()]
        yield (literal.lstrip() if trims else literal) + ("" if left else space)
        words = _WORD.findall(action)
        if not words:
            raise TemplateError("missing value for command")
        yield words
        at, trims = found.end(), bool(right)
    rest = text[at:]
    if "{{" in rest:
        raise TemplateError("unclosed action")
    yield rest.lstrip() if trims else rest


def _block(pieces: Iterator[str | list[str]]) -> tuple[list[Part], list[str]]:
    """The parts up to an `else` or `end`, and that."""
    parts: list[Part] = []
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(piece)
        elif piece[0] in ("else", "end"):
            return parts, piece
        elif piece[0] in ("if", "range"):
            inside, ended_by = _block(pieces)
            otherwise: list[Part] = []
            if ended_by == ["else"]:
                otherwise, ended_by = _block(pieces)
            if ended_by != ["end"]:
                raise TemplateError(f"{{{{{piece[0]}}}}} without {{{{end}}}}")
            parts.append((piece, inside, otherwise))
        else:
            parts.append(piece)
    return parts, []


def _filled(parts: list[Part], data: Json) -> str:
    return "".join(_part(part, data) for part in parts)


def _part(part: Part, data: Json) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, list):
        return as_go_writes(_value(part, data))
    (word, *condition), inside, otherwise = part
    value = _value(condition, data)
    if not value:
        return _filled(otherwise, data)
    if word == "if":
        return _filled(inside, data)
    return "".join(_filled(inside, item) for item in (value.values() if isinstance(value, dict) else value))


def _headed(parts: list[Part], header: Callable[[str], str]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, list):
            yield from (header(word[1:]) for word in part if word.startswith(".") and len(word) > 1)
        else:
            condition, inside, otherwise = part
            yield from _headed(inside if header(condition[-1][1:]) else otherwise, header)


def _value(words: list[str], data: Json) -> Json:
    """A pipeline's value: what each command gives is the last argument of the next."""
    given: list[Json] = []
    while words:
        command, rest = (words[: words.index("|")], words[words.index("|") + 1 :]) if "|" in words else (words, [])
        name, *arguments = command
        if name in _FUNCTIONS:
            try:
                given = [_FUNCTIONS[name](*(_operand(word, data) for word in arguments), *given)]
            except (TypeError, ValueError, KeyError, IndexError) as error:
                raise TemplateError(f"error calling {name}: {error}") from error
        elif arguments or given or name in "()":
            raise TemplateError(f'function "{name}" not defined')
        else:
            given = [_operand(name, data)]
        words = rest
    return given[0] if given else None


def _operand(word: str, data: Json) -> Json:
    if word.startswith('"'):
        return json.loads(word)
    if word.startswith("`"):
        return word.strip("`")
    if word.lstrip("-").isdecimal():
        return int(word)
    if not word.startswith("."):
        raise TemplateError(f'function "{word}" not defined')
    for name in filter(None, word.split(".")):
        if not isinstance(data, dict) or name not in data:
            raise TemplateError(f"can't evaluate field {name}")
        data = data[name]
    return data


def as_go_writes(value: Json) -> str:
    """A value as Go prints it: `true`, `map[a:b]`, `[1 2]`, `<no value>`."""
    match value:
        case None:
            return "<no value>"
        case bool():
            return str(value).lower()
        case dict():
            return f"map[{' '.join(f'{key}:{as_go_writes(each)}' for key, each in sorted(value.items()))}]"
        case list():
            return f"[{' '.join(map(as_go_writes, value))}]"
    return str(value)


def compact_json(value: Json) -> str:
    """JSON on one line."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _at(value: Json, *keys: Json) -> Json:
    for key in keys:
        value = value.get(key, "") if isinstance(value, dict) else value[key]
    return value


_FUNCTIONS: Final[dict[str, Callable[..., Json]]] = {
    "json": compact_json,
    "join": lambda items, separator: separator.join(items),
    "split": lambda text, separator: text.split(separator),
    "upper": lambda text: text.upper(),
    "lower": lambda text: text.lower(),
    "title": lambda text: text.title(),
    "truncate": lambda text, length: text[:length],
    "println": lambda *items: " ".join(map(as_go_writes, items)) + "\n",
    "print": lambda *items: "".join(map(as_go_writes, items)),
    "len": len,
    "index": _at,
    "not": lambda value: not value,
}
