"""Compose files on disk: read, parsed and turned into a stack that a swarm takes, with complaints by file and line."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TextIO

from core.compose.loader import load
from core.compose.stack import Stack
from core.mistakes import DocumentError
from swarmsim.acceptance import check_accepted
from swarmsim.dot_env import with_dot_env
from swarmsim.yaml_source import Source, SourceError, parse, refuse

STANDARD_INPUT: Final = Path("-")
CALLED_STANDARD_INPUT: Final = "<stdin>"
MAX_FILE_CHARACTERS: Final = 2 * 1024 * 1024
"""Parsing takes about ten seconds for so many: a larger file was hardly meant."""


def load_stack(
    files: Sequence[Path],
    *,
    name: str = "",
    environment: Mapping[str, str] | None = None,
    bind_mounts_from: str | None = None,
    unset_because: str = "",
) -> Stack:
    """The stack that these files describe, later ones over earlier ones; other files lie relative to the first.

    Relative bind mounts start at the first file's directory, or at `bind_mounts_from`; `unset_because` is told with
    variables that are not set. Raises `SourceError`; a problem
    is reported in the last file that writes the path in question, and everything that was found at once.
    """
    return stack_of(
        [read_source(file) for file in files],
        files[0].parent,
        name=name,
        environment=environment,
        bind_mounts_from=bind_mounts_from,
        unset_because=unset_because,
    )


def stack_of(
    sources: Sequence[Source],
    directory: Path,
    *,
    name: str = "",
    environment: Mapping[str, str] | None = None,
    bind_mounts_from: str | None = None,
    unset_because: str = "",
) -> Stack:
    """The same of files that were read already, the first of which lies in `directory`."""
    mistakes = [mistake for source in sources for mistake in source.mistakes]
    try:
        stack = load(
            [source.data for source in sources],
            lambda path: (directory / path).read_bytes(),
            name=name,
            environment=environment,
            directory=bind_mounts_from or str(directory.absolute()),
            unset_because=unset_because,
        )
        check_accepted(stack)
    except DocumentError as error:
        refuse(mistakes + [found for each in error.each for found in _source_of(each.path, sources).located(each)])
        raise
    refuse(mistakes)
    return stack


def client_environment(directory: Path, process: Mapping[str, str]) -> Mapping[str, str]:
    """The variables of a client whose Compose file lies there: its process's, and those of a file `.env`."""
    file = directory / ".env"
    return with_dot_env(read_text(file), str(file), process) if file.is_file() else process


def load_text(text: str, file: str, *, name: str, read_file: Callable[[str], bytes]) -> Stack:
    """The stack in a Compose file's text, without variables. `file` is its name in complaints. Raises `SourceError`."""
    source = parse(file, text)
    try:
        stack = load([source.data], read_file, name=name)
    except DocumentError as error:
        refuse(source.mistakes + source.located(error))
        raise
    refuse(source.mistakes)
    return stack


def read_source(file: Path) -> Source:
    """Read and parse one YAML file; `-` is standard input."""
    return parse(called(file), read_text(file))


def called(file: Path) -> str:
    """What messages call a file."""
    return CALLED_STANDARD_INPUT if file == STANDARD_INPUT else str(file)


def argument_of(name: str) -> str:
    """What a command line calls the file that messages call so."""
    return str(STANDARD_INPUT) if name == CALLED_STANDARD_INPUT else name


def read_text(file: Path) -> str:
    """A file's text, or a `SourceError`; `-` is standard input."""
    if file == STANDARD_INPUT:
        return _checked(file, sys.stdin.read)
    with _opened(file) as opened:
        return _checked(file, opened.read)


def _opened(file: Path) -> TextIO:
    try:
        return file.open(encoding="utf-8")
    except OSError as error:
        raise SourceError(str(file), 0, f"cannot be read: {error.strerror}") from error


def _checked(file: Path, read: Callable[[int], str]) -> str:
    """What `read` gives, if it is text of a bearable length."""
    try:
        text = read(MAX_FILE_CHARACTERS + 1)
    except OSError as error:
        raise SourceError(called(file), 0, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SourceError(called(file), 0, "is not UTF-8 text") from error
    if len(text) > MAX_FILE_CHARACTERS:
        raise SourceError(called(file), 0, f"is too large: it has more than {MAX_FILE_CHARACTERS} characters")
    return text


def _source_of(path: str, sources: Sequence[Source]) -> Source:
    for source in reversed(sources):
        if path in source.lines:
            return source
    return sources[-1]
