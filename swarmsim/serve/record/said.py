"""How an operation is said: by actions of a scenario, or as something that they do not say."""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from core.manager.control.references import resolve
from core.manager.control.refusal import Refusal
from core.operations import Kind
from core.store import Store
from swarmsim.scenario.steps import Action


class Unsaid(Struct, frozen=True):
    """Something that no step says: what, in a few words, and why if that is not plain."""

    text: str


Said = Iterator[Action | Unsaid]
HostOf = Callable[[str], str | None]
"""The host that is a node by this id just now; None if no host is."""


def found(store: Store, kind: Kind, reference: str) -> Any:
    """The object by id, name or prefix, as it is stored; None if there is none, or more than one."""
    try:
        return resolve(store, kind, reference)
    except Refusal:
        return None
