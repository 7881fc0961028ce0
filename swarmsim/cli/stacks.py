"""Stacks as somebody at a command line means them: with the variables of their shell, and warnings told."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.compose.interpolation import interpolate
from core.compose.stack import Stack
from swarmsim.compose_files import client_environment, stack_of
from swarmsim.yaml_source import Source


def client_stack(
    sources: Sequence[Source],
    directory: Path,
    *,
    name: str = "",
    default_name: str = "",
    variables: Mapping[str, str] | None = None,
) -> Stack:
    """The stack that these files describe; called `name`, else as they say themselves, else `default_name`.

    `variables` come before those of the process.
    """
    named = any(isinstance(source.data, dict) and "name" in source.data for source in sources)
    environment = _environment(directory, variables or {})
    return stack_of(sources, directory, name=name or ("" if named else default_name), environment=environment)


def filled_in(source: Source, directory: Path) -> object:
    """What one file says, with variables of the process (or of a file `.env` there) filled in."""
    return interpolate(source.data, "", _environment(directory, {}))


def _environment(directory: Path, variables: Mapping[str, str]) -> Mapping[str, str]:
    return client_environment(directory, {**_process_environment(), **variables})


def _process_environment() -> dict[str, str]:
    # Bytes that are no text are shown as such: nobody could make use of what Python gives for them.
    return {name: os.fsencode(value).decode(errors="replace") for name, value in os.environ.items()}


def warnings_of(stack: Stack, file: str = "") -> str:
    """A line for each of the stack's warnings, after a line that is there already."""
    return "".join(warning(f"{file}{each.path}{': ' if each.path else ''}{each.message}") for each in stack.warnings)


def warning(text: str) -> str:
    """One such line."""
    return f"\n  warning: {text}"
