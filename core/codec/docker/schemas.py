"""What the schemas of Docker's objects have in common."""

from collections.abc import Mapping
from typing import Final

from core.json_schema import TIME, WHOLE, Schema, shape

INDEX: Final = shape({"Index": WHOLE})
JOB_ITERATION: Final = shape({}, {"Index": WHOLE})
"""Of which nothing is said while it is the first."""
META: Final[Mapping[str, Schema]] = {"Version": INDEX, "CreatedAt": TIME, "UpdatedAt": TIME}
"""What every object says of its own history (`core.codec.docker.times.meta`)."""


def named(name: str) -> Schema:
    """The shape of this name, from among the components of an OpenAPI document."""
    return {"$ref": f"#/components/schemas/{name}"}
