"""Placement constraints: `key == value` and `key != value` over what is known of a node (swarmkit `constraint`).

Values compare without regard to case. An unknown key never matches, whichever the operator; a missing label is "".
"""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final

from msgspec import Struct

from core.objects.node import Node

_KEY: Final = re.compile(r"[a-z_][a-z0-9\-_.]+", re.IGNORECASE)
_VALUE: Final = re.compile(r"[a-z0-9:\-_\s.*()?+\[\]\\^$|/]+", re.IGNORECASE)
_NODE_LABEL: Final = "node.labels."
_ENGINE_LABEL: Final = "engine.labels."


class ConstraintError(ValueError):
    """The expression is not a constraint; the message says why."""


class Constraint(Struct, frozen=True, gc=False):
    """One parsed expression."""

    key: str
    equal: bool
    value: str


def parse_constraint(expression: str) -> Constraint:
    """Raises ConstraintError, with Docker's words."""
    for operator in ("==", "!="):
        key, found, value = expression.partition(operator)
        if found:
            break
    else:
        raise ConstraintError("constraint expected one operator from ==, !=")
    key, value = key.strip(), value.strip()
    if not _KEY.fullmatch(key):
        raise ConstraintError(f"key '{key}' is invalid")
    if not _VALUE.fullmatch(value):
        raise ConstraintError(f"value '{value}' is invalid")
    return Constraint(key, operator == "==", value)


@lru_cache(maxsize=4096)
def parse_constraints(expressions: tuple[str, ...]) -> tuple[Constraint, ...]:
    """Parsed, for expressions that were checked when their service was accepted."""
    return tuple(parse_constraint(expression) for expression in expressions)


def meets(node: Node, constraints: tuple[Constraint, ...]) -> bool:
    """Whether a node satisfies all of them."""
    return all(_meets(node, constraint) for constraint in constraints)


_READERS: Final[dict[str, Callable[[Node], str]]] = {
    "node.id": lambda node: node.id,
    "node.hostname": lambda node: node.description.hostname,
    "node.role": lambda node: node.spec.role.value,
    "node.platform.os": lambda node: node.description.platform.os,
    "node.platform.arch": lambda node: node.description.platform.architecture,
}


def _meets(node: Node, constraint: Constraint) -> bool:
    key = constraint.key
    lowered = key.lower()
    if lowered == "node.ip":
        return _meets_address(node.status.address, constraint)
    reader = _READERS.get(lowered)
    if reader is not None:
        actual = reader(node)
    elif lowered.startswith(_NODE_LABEL) and len(key) > len(_NODE_LABEL):
        actual = node.spec.labels.get(key[len(_NODE_LABEL) :], "")
    elif lowered.startswith(_ENGINE_LABEL) and len(key) > len(_ENGINE_LABEL):
        actual = node.description.engine_labels.get(key[len(_ENGINE_LABEL) :], "")
    else:
        return False
    return (actual.lower() == constraint.value.lower()) == constraint.equal


def _meets_address(address: str, constraint: Constraint) -> bool:
    """`node.ip` against an address or a subnet; what cannot be parsed never matches."""
    try:
        matches = ip_address(address) in ip_network(constraint.value, strict=False)
    except ValueError:
        return False
    return matches == constraint.equal
