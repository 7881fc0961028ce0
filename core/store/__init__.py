"""The replicated store: tables of immutable objects, transactions of changes, digest and snapshot.

Never here: decisions (`core.manager`), clocks, randomness, or a change that does not come out of the log.
"""

from core.store.changes import (
    MAX_CHANGES,
    MAX_TRANSACTION_BYTES,
    Change,
    Changed,
    Conflict,
    Create,
    Delete,
    Transaction,
    Update,
    kind_of,
)
from core.store.indexes import SlotKey, slot_of
from core.store.snapshot import StoreChunk
from core.store.store import Store

__all__ = [
    "MAX_CHANGES",
    "MAX_TRANSACTION_BYTES",
    "Change",
    "Changed",
    "Conflict",
    "Create",
    "Delete",
    "SlotKey",
    "Store",
    "StoreChunk",
    "Transaction",
    "Update",
    "kind_of",
    "slot_of",
]
