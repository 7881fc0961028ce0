"""What the simulated shell reads: commands joined by `;`, `&&` and `||`, quotes, variables and `while` loops.

    list     = chain {(";" | newline) chain}
    chain    = command {("&&" | "||") command}
    command  = word {word} | "while" list "do" list "done"

Pipes, redirections, substitutions, background commands and all other keywords are not read: `NotRead` says at what.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

DEEPEST: Final = 20
"""Loops in loops."""
_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t]+)|(?P<operator>&&|\|\||[;\n])|'(?P<quoted>[^']*)'|"(?P<double>(?:[^"\\`]|\\.)*)\""""
    r"""|\\(?P<escaped>.)|(?P<plain>[^\s;&|'"\\`<>()#]+)"""
)
_ESCAPE: Final = re.compile(r"""\\([$"\\])""")
_KEYWORDS: Final = frozenset(("while", "do", "done", "if", "then", "fi", "for", "until", "case", "!", "{", "}"))


class NotRead(ValueError):
    """The text is none that this shell understands."""


class Piece(Struct, frozen=True):
    """A part of a word; in one that `expands`, `$NAME` stands for a variable."""

    text: str
    expands: bool


Word = tuple[Piece, ...]


class Simple(Struct, frozen=True):
    """One command and its arguments."""

    words: tuple[Word, ...]


class Chain(Struct, frozen=True):
    """One command, and others that depend on how the one before them ended: `&&` well, `||` badly."""

    first: Command
    others: tuple[tuple[str, Command], ...]


class Sequence(Struct, frozen=True):
    """One after the other."""

    chains: tuple[Chain, ...]


class Loop(Struct, frozen=True):
    """The body again and again, as long as the condition ends well."""

    condition: Sequence
    body: Sequence


Command = Simple | Loop
_Token = str | Word
"""An operator or a word."""


def parse(text: str) -> Sequence:
    """Read a whole text; NotRead if it is not understood, in any part."""
    reader = _Reader(list(_tokens(text)))
    sequence = reader.sequence(0)
    if reader.ahead is not None:
        raise NotRead(f"unexpected {_shown(reader.ahead)!r}")
    return sequence


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._position = 0

    @property
    def ahead(self) -> _Token | None:
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def sequence(self, depth: int) -> Sequence:
        chains: list[Chain] = []
        while True:
            while self.ahead in (";", "\n"):
                self._position += 1
            if self.ahead is None or _keyword(self.ahead) in ("do", "done"):
                return Sequence(tuple(chains))
            chains.append(self._chain(depth))
            if self.ahead not in (None, ";", "\n") and not _keyword(self.ahead):
                raise NotRead(f"unexpected {_shown(self.ahead)!r}")

    def _chain(self, depth: int) -> Chain:
        first = self._command(depth)
        others: list[tuple[str, Command]] = []
        while self.ahead in ("&&", "||"):
            operator = self._tokens[self._position]
            assert isinstance(operator, str)
            self._position += 1
            others.append((operator, self._command(depth)))
        return Chain(first, tuple(others))

    def _command(self, depth: int) -> Command:
        keyword = _keyword(self.ahead)
        if keyword == "while" and depth < DEEPEST:
            self._position += 1
            condition = self.sequence(depth + 1)
            self._expect("do")
            body = self.sequence(depth + 1)
            self._expect("done")
            return Loop(condition, body)
        if keyword:
            raise NotRead(f"unexpected {keyword!r}")
        words: list[Word] = []
        while self.ahead is not None and not isinstance(self.ahead, str):
            words.append(self.ahead)
            self._position += 1
        if not words:
            raise NotRead(f"unexpected {_shown(self.ahead)!r}")
        return Simple(tuple(words))

    def _expect(self, keyword: str) -> None:
        if _keyword(self.ahead) != keyword:
            raise NotRead(f"{_shown(self.ahead)!r} where {keyword!r} was expected")
        self._position += 1


def _tokens(text: str) -> Iterator[_Token]:
    word: list[Piece] = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise NotRead(f"{text[position]!r} is not understood")
        position = found.end()
        if found.lastgroup in ("space", "operator"):
            if word:
                yield tuple(word)
                word = []
            if found.lastgroup == "operator":
                yield found["operator"]
        else:
            word += _pieces(found)
    if word:
        yield tuple(word)


def _pieces(found: re.Match[str]) -> Iterator[Piece]:
    text = found[found.lastgroup or 0]
    if found.lastgroup != "double":
        yield Piece(text, expands=found.lastgroup == "plain")
        return
    if "$(" in text:
        raise NotRead("'$(' is not understood")
    yield Piece("", expands=False)  # an empty pair of quotes is a word, too
    for number, part in enumerate(_ESCAPE.split(text)):
        yield Piece(part, expands=number % 2 == 0)


def _keyword(token: _Token | None) -> str:
    if token is None or isinstance(token, str) or len(token) != 1 or not token[0].expands:
        return ""
    return token[0].text if token[0].text in _KEYWORDS else ""


def _shown(token: _Token | None) -> str:
    if token is None:
        return "the end"
    return token if isinstance(token, str) else "".join(piece.text for piece in token)
