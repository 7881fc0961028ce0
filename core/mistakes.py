"""Mistakes in a document, gathered so that one does not hide the next.

A reader that can go on after a mistake lets a `Mistakes` attempt each of its parts and settles at the end: then
everything that was wrong is raised at once, in the order in which it was met.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

Found = TypeVar("Found")
Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)


class DocumentError(ValueError):
    """A document says something that cannot be meant. `path` is empty for the document itself."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self.path = path
        self.problem = problem

    @property
    def each(self) -> tuple["DocumentError", ...]:
        """The single mistakes; itself if it is one."""
        return (self,)


class DocumentErrors(DocumentError):
    """Several mistakes in one document. `path` and `problem` are those of the first."""

    def __init__(self, each: Iterable[DocumentError]) -> None:
        self._each = tuple(each)
        super().__init__(self._each[0].path, self._each[0].problem)

    def __str__(self) -> str:
        return "\n".join(map(str, self._each))

    @property
    def each(self) -> tuple[DocumentError, ...]:
        return self._each


class Mistakes:
    """What was wrong so far in one document or part of it."""

    def __init__(self) -> None:
        self.found: list[DocumentError] = []

    def note(self, path: str, problem: str) -> None:
        """One more."""
        self.found.append(DocumentError(path, problem))

    def attempt(self, read: Callable[[], Found]) -> Found | None:
        """What `read` returns; None, with its mistakes noted, if it raises a `DocumentError`."""
        try:
            return read()
        except DocumentError as error:
            self.found.extend(error.each)
            return None

    def settle(self) -> None:
        """Raise what was found, if anything was."""
        if self.found:
            raise self.found[0] if len(self.found) == 1 else DocumentErrors(self.found)


def gather(readers: Mapping[Key, Callable[[], Any]]) -> dict[Key, Any]:
    """What each reader returns, by its name; the mistakes of all of them are raised together."""
    mistakes = Mistakes()
    found = {name: mistakes.attempt(read) for name, read in readers.items()}
    mistakes.settle()
    return found


def each(items: Iterable[Item], read: Callable[[Item], Found]) -> tuple[Found, ...]:
    """What `read` makes of each item; the mistakes in all of them are raised together."""
    return tuple(gather({number: partial(read, item) for number, item in enumerate(items)}).values())
