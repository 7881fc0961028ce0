"""What a client means by a word: an id, an exact name, or the beginning of exactly one id, in this order."""

from typing import Any

from core.manager.control.refusal import Refusal, invalid
from core.objects import StoredObject
from core.operations import ErrorCode, Kind
from core.store import Store


def resolve(store: Store, kind: Kind, reference: str) -> Any:
    """The object of `kind` that `reference` names; refused with NOT_FOUND or, if several fit, INVALID.

    A node's name is its hostname. Tasks and the cluster have no names.
    """
    stored = store.get(kind, reference)
    if stored is None:
        candidates = named(store, kind, reference) or _beginning_with(store, kind, reference)
        if not candidates:
            raise Refusal(ErrorCode.NOT_FOUND, f"{kind.value} {reference} not found")
        if len(candidates) > 1:
            raise invalid(f"{kind.value} {reference} is ambiguous ({len(candidates)} matches found)")
        stored = candidates[0]
    return stored


def named(store: Store, kind: Kind, name: str) -> list[StoredObject]:
    """The objects of `kind` with exactly this name."""
    if kind is Kind.NODE:
        return list(store.nodes_named(name)) if name else []
    if kind in (Kind.TASK, Kind.CLUSTER):
        return []
    object_id = store.id_named(kind, name)
    stored = None if object_id is None else store.get(kind, object_id)
    return [] if stored is None else [stored]


def _beginning_with(store: Store, kind: Kind, prefix: str) -> list[StoredObject]:
    return [stored for stored in store.all(kind) if stored.id.startswith(prefix)] if prefix else []
