"""How a stack to deploy is written: `{name, file}`, or `{name, files: [base.yml, more.yml]}`, which are merged."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.document import Value
from core.json_schema import Schema, listed
from core.mistakes import Mistakes
from swarmsim.scenario.forms import mapping
from swarmsim.scenario.names import Names
from swarmsim.scenario.words import BOOLEAN, TEXT

KEYS: Final = ("name", "file", "files")


def read_files(value: Value, *beside: str) -> tuple[str, list[Value]]:
    """The stack's name, and the places where its files are named; there may be keys `beside` these."""
    mistakes = Mistakes()
    entries = value.known_fields(mistakes, *KEYS, *beside, required=["name"])
    name = mistakes.attempt(entries["name"].text) if "name" in entries else None
    places = mistakes.attempt(lambda: _places(value, entries)) or []
    mistakes.settle()
    assert name is not None
    return name, places


def _places(value: Value, entries: dict[str, Value]) -> list[Value]:
    if "file" in entries and "files" in entries:
        entries["files"].fail("'file' says it already; use one of them")
    if "files" not in entries:
        if "file" not in entries:
            value.fail("'file' is missing")
        places = [entries["file"]]
    else:
        places = entries["files"].items()
        if not places:
            entries["files"].fail("at least one file is needed")
    for place in places:
        place.text()
    return places


def write_files(name: str, files: Sequence[str]) -> dict[str, object]:
    """What `read_files` reads."""
    return {"name": name, "file": files[0]} if len(files) == 1 else {"name": name, "files": list(files)}


def schema_of_files(beside: Mapping[str, Schema] | None = None) -> Schema:
    """What `read_files` reads looks like."""
    kinds = {"name": TEXT.schema, "file": TEXT.schema, "files": {**listed(TEXT.schema), "minItems": 1}}
    return {**mapping(kinds | dict(beside or {}), ["name"]), "oneOf": [{"required": ["file"]}, {"required": ["files"]}]}


class DeployedStack:
    """The value is such a mapping, and whether to `prune`."""

    def read(self, value: Value, names: Names) -> dict[str, Any]:
        """The fields."""
        name, places = read_files(value, "prune")
        entries = value.mapping()
        prune = entries["prune"].boolean() if "prune" in entries else False
        return {"name": name, "files": tuple(TEXT.read(place, names) for place in places), "prune": prune}

    def write(self, record: Any) -> dict[str, object]:
        """The value that sets them."""
        return write_files(record.name, record.files) | ({"prune": True} if record.prune else {})

    def schema(self) -> Schema:
        """What the value looks like."""
        return schema_of_files({"prune": BOOLEAN.schema})
