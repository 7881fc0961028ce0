"""A service's environment: `environment` over the files of `env_file`, in order.

A variable without a value takes the client's; one that the client does not have either is left out.
"""

from functools import partial

from core.compose.lists import pairs
from core.compose.surroundings import Surroundings
from core.document import Value
from core.mistakes import Mistakes


def environment(entries: dict[str, Value], around: Surroundings) -> tuple[str, ...]:
    """`NAME=value` for each variable, sorted by name so that deploying again changes nothing."""
    mistakes = Mistakes()
    found: dict[str, str | None] = {}
    for file in mistakes.attempt(lambda: _files(entries)) or []:
        found |= mistakes.attempt(partial(_variables_of_file, file, around)) or {}
    if "environment" in entries:
        found |= mistakes.attempt(lambda: pairs(entries["environment"])) or {}
    mistakes.settle()
    resolved = {name: around.environment.get(name) if value is None else value for name, value in found.items()}
    return tuple(f"{name}={value}" for name, value in sorted(resolved.items()) if value is not None)


def _files(entries: dict[str, Value]) -> list[Value]:
    if "env_file" not in entries:
        return []
    listed = entries["env_file"]
    return [listed] if listed.is_text else listed.items()


def _variables_of_file(file: Value, around: Surroundings) -> dict[str, str | None]:
    # Docker's format: one NAME=value per line, nothing quoted, nothing interpolated, # starts a comment line.
    try:
        text = around.content_of(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        file.fail(f"{file.text()!r} is not UTF-8 text")
    found: dict[str, str | None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.lstrip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not name.strip() or any(character.isspace() for character in name.rstrip()):
            file.fail(f"{file.text()}:{number}: {name!r} is not the name of a variable")
        found[name.rstrip()] = value if equals else None
    return found
