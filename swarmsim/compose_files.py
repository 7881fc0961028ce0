"""Compose files on disk: read, parsed and turned into a stack that a swarm takes, with complaints by file and line."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from core.compose.loader import load
from core.compose.stack import Stack
from core.mistakes import DocumentError
from swarmsim.acceptance import check_accepted
from swarmsim.yaml_source import Source, SourceError, parse, refuse

MAX_FILE_CHARACTERS: Final = 2 * 1024 * 1024
"""Parsing takes about ten seconds for so many: a larger file was hardly meant."""


def load_stack(
    files: Sequence[Path],
    *,
    name: str = "",
    environment: Mapping[str, str] | None = None,
    bind_mounts_from: str | None = None,
) -> Stack:
    """The stack that these files describe, later ones over earlier ones; other files lie relative to the first.

    Relative bind mounts start at the first file's directory, or at `bind_mounts_from`. Raises `SourceError`; a problem
    is reported in the last file that writes the path in question, and everything that was found at once.
    """
    sources = [read_source(file) for file in files]
    directory = files[0].parent
    mistakes = [mistake for source in sources for mistake in source.mistakes]
    try:
        stack = load(
            [source.data for source in sources],
            lambda path: (directory / path).read_bytes(),
            name=name,
            environment=environment,
            directory=bind_mounts_from or str(directory.absolute()),
        )
        check_accepted(stack)
    except DocumentError as error:
        refuse(mistakes + [found for each in error.each for found in _source_of(each.path, sources).located(each)])
        raise
    refuse(mistakes)
    return stack


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
    """Read and parse one YAML file."""
    return parse(str(file), read_text(file))


def read_text(file: Path) -> str:
    """A file's text, or a `SourceError`."""
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(MAX_FILE_CHARACTERS + 1)
    except OSError as error:
        raise SourceError(str(file), 0, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SourceError(str(file), 0, "is not UTF-8 text") from error
    if len(text) > MAX_FILE_CHARACTERS:
        raise SourceError(str(file), 0, f"is too large: it has more than {MAX_FILE_CHARACTERS} characters")
    return text


def _source_of(path: str, sources: Sequence[Source]) -> Source:
    for source in reversed(sources):
        if path in source.lines:
            return source
    return sources[-1]
