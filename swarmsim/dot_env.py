"""The file `.env` beside a Compose file: variables for interpolation, as the Compose specification has them.

One `NAME=value` per line, `export` before it or not. In single quotes a value is as written; in double quotes and
without quotes variables are replaced, by the process's own and by those of earlier lines. Without quotes, ` #` begins a
comment. What a process has in its environment comes before what the file says.
"""

import re
from collections.abc import Mapping
from typing import Final

from core.compose.interpolation import interpolate
from core.document import described
from core.mistakes import DocumentError
from swarmsim.yaml_source import SourceError, refuse

_LINE: Final = re.compile(
    r"""\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)\s*=\s*
        (?: '(?P<literal>[^']*)' | "(?P<quoted>(?:[^"\\]|\\.)*)" | (?P<plain>(?!['"]).*?) )
        \s*(?:(?<=\s)\#.*)?""",
    re.VERBOSE,
)
_QUOTED: Final = re.compile(r"""\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_.]*\s*=\s*(?:(?P<quote>['"]).*)""")
_CLOSED: Final = {"'": re.compile(r"'[^']*'"), '"': re.compile(r'"(?:[^"\\]|\\.)*"')}
_ESCAPE: Final = re.compile(r"\\(.)")
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t"}


def with_dot_env(text: str, file: str, process: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process and of a `.env` file's text. Raises `SourceError` for lines that cannot be meant."""
    found = dict(process)
    mistakes: list[SourceError] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            mistakes.append(SourceError(file, number, f"{described(line.strip())} {_wrong_with(line)}"))
            continue
        try:
            found.setdefault(match["name"], _value(match, found))
        except DocumentError as error:
            mistakes.append(SourceError(file, number, str(error)))
    refuse(mistakes)
    return found


def _wrong_with(line: str) -> str:
    quoted = _QUOTED.fullmatch(line)
    if quoted is None:
        return "is not NAME=value"
    value = line[quoted.start("quote") :]
    if _CLOSED[quoted["quote"]].match(value) is None:
        return f"is not NAME=value: the quote {quoted['quote']} is not closed in this line"
    return f"is not NAME=value: something follows the closing quote {quoted['quote']}"


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    if match["literal"] is not None:
        return match["literal"]
    quoted = match["quoted"]
    text = match["plain"] if quoted is None else _ESCAPE.sub(lambda each: _ESCAPED.get(each[1], each[1]), quoted)
    return str(interpolate(text, "", variables))
