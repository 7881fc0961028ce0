"""Placement constraints: `key == value` and `key != value` over what is known of a node (swarmkit `constraint`).

Values compare without regard to case. An unknown key never matches, whichever the operator; a missing label is "".
"""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
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
    return all(test_of(constraint)(node) for constraint in constraints)


def is_same_place(old: Node, new: Node) -> bool:
    """Whether a node offers what it did: nothing that was declared of it, or that its host tells of itself, differs."""
    return old.spec == new.spec and old.description == new.description and old.status.address == new.status.address


Test = Callable[[Node], bool]
"""Whether a node satisfies a constraint."""


def test_of(constraint: Constraint) -> Test:
    """The question that a constraint asks, to be put to many nodes."""
    if constraint.key.lower() == "node.ip":
        return _address_test(constraint)
    read = _reader(constraint.key)
    if read is None:
        return lambda node: False
    value, equal = constraint.value.lower(), constraint.equal
    return lambda node: (read(node).lower() == value) == equal


_READERS: Final[dict[str, Callable[[Node], str]]] = {
    "node.id": lambda node: node.id,
    "node.hostname": lambda node: node.description.hostname,
    "node.role": lambda node: node.spec.role.value,
    "node.platform.os": lambda node: node.description.platform.os,
    "node.platform.arch": lambda node: node.description.platform.architecture,
}


def _reader(key: str) -> Callable[[Node], str] | None:
    """What a key names of a node; None if that is nothing."""
    lowered = key.lower()
    if lowered.startswith(_NODE_LABEL) and len(key) > len(_NODE_LABEL):
        label = key[len(_NODE_LABEL) :]
        return lambda node: node.spec.labels.get(label, "")
    if lowered.startswith(_ENGINE_LABEL) and len(key) > len(_ENGINE_LABEL):
        label = key[len(_ENGINE_LABEL) :]
        return lambda node: node.description.engine_labels.get(label, "")
    return _READERS.get(lowered)


def _address_test(constraint: Constraint) -> Test:
    """`node.ip` against an address or a subnet. What is neither never matches; a node without an address is in none."""
    try:
        network = ip_network(constraint.value, strict=False)
    except ValueError:
        return lambda node: False
    return lambda node: _is_in(node.status.address, network) == constraint.equal


def _is_in(address: str, network: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(address) in network
    except ValueError:
        return False
