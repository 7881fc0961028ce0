"""What `stack deploy` says as it goes."""

from collections.abc import Mapping
from typing import Final

from core.operations import (
    CreateConfig,
    CreateNetwork,
    CreateSecret,
    CreateService,
    Operation,
    Remove,
    UpdateService,
)

_WRITES: Final = {
    CreateNetwork: "Creating network",
    CreateSecret: "Creating secret",
    CreateConfig: "Creating config",
    CreateService: "Creating service",
    UpdateService: "Updating service",
}


def line_of(operation: Operation, names: Mapping[str, str]) -> str:
    """A line for a write that is worth one. `names` are those of objects that are there, by their ids."""
    if isinstance(operation, Remove):
        return f"Removing {operation.kind.value} {names.get(operation.reference, operation.reference)}"
    if type(operation) not in _WRITES:
        return ""
    also = f" (id: {operation.id})" if isinstance(operation, UpdateService) else ""
    return f"{_WRITES[type(operation)]} {operation.spec.name}{also}"  # type: ignore[union-attr]
