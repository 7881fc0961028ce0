"""Reading the store for a client: on any manager, from applied state."""

from msgspec.structs import replace

from core.manager.control.references import resolve
from core.manager.control.refusal import Refusal
from core.objects import Secret, StoredObject
from core.operations import Answer, Inspect, Kind, OperationError, Query
from core.store import Store


def query(store: Store, operation: Query) -> Answer | OperationError:
    """One object, or all of a kind in order of creation. Secrets come without their data."""
    if isinstance(operation, Inspect):
        return _inspect(store, operation)
    return tuple(_shown(stored) for stored in store.all(operation.kind))


def _inspect(store: Store, operation: Inspect) -> Answer | OperationError:
    cluster = store.cluster
    if operation.kind is Kind.CLUSTER and cluster is not None:  # there is only one, whatever it is called
        return cluster
    try:
        return _shown(resolve(store, operation.kind, operation.reference))
    except Refusal as refusal:
        return refusal.error


def _shown(stored: StoredObject) -> StoredObject:
    if isinstance(stored, Secret):
        return replace(stored, spec=replace(stored.spec, data=b""))
    return stored
