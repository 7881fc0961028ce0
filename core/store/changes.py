"""What the log carries: changes of objects, bundled into transactions that hold as a whole or not at all."""

from typing import Any, Final

from msgspec import Struct
from msgspec.msgpack import Encoder

from core.objects import Cluster, Config, Network, Node, Secret, Service, StoredObject, Task
from core.operations import Kind

MAX_CHANGES: Final = 200
"""Most changes in one transaction (swarmkit `MaxChangesPerTransaction`)."""
MAX_TRANSACTION_BYTES: Final = 1_572_864
"""Most bytes of one encoded transaction: 1.5 MiB (swarmkit `MaxTransactionBytes`)."""

KINDS: Final[dict[type[Any], Kind]] = {
    Node: Kind.NODE,
    Service: Kind.SERVICE,
    Task: Kind.TASK,
    Network: Kind.NETWORK,
    Secret: Kind.SECRET,
    Config: Kind.CONFIG,
    Cluster: Kind.CLUSTER,
}
"""Which table holds which record."""

_ENCODER: Final = Encoder(order="deterministic")


def kind_of(stored: StoredObject) -> Kind:
    """The table that holds this object."""
    return KINDS[type(stored)]


def encode(stored: StoredObject) -> bytes:
    """The bytes an object is measured and digested by: the same for equal objects, whatever made them."""
    return _ENCODER.encode(stored)


class Create(Struct, frozen=True, gc=False, tag="create"):
    """Refused if the id or, where names are unique, the name exists."""

    object: StoredObject


class Update(Struct, frozen=True, gc=False, tag="update"):
    """Refused unless the stored object has `expected_version`."""

    object: StoredObject
    expected_version: int


class Delete(Struct, frozen=True, gc=False, tag="delete"):
    """Refused unless the stored object has `expected_version`."""

    kind: Kind
    id: str
    expected_version: int


Change = Create | Update | Delete


def key_of(change: Change) -> tuple[Kind, str]:
    """Which object is changed."""
    if isinstance(change, Delete):
        return (change.kind, change.id)
    return (kind_of(change.object), change.object.id)


class Transaction(Struct, frozen=True, gc=False, tag="transaction"):
    """At most one change per object; objects carry the log index of the transaction as their version.

    `size` is about the encoded length in bytes, computed once when the transaction was drafted. `answer` is what the
    client who asked for it is told once it holds: the id of what was created, or None.
    """

    changes: tuple[Change, ...]
    size: int
    answer: str | None = None


class Changed(Struct, frozen=True, gc=False):
    """One event of a change feed: `old` is None for a new object, `new` for one that is gone."""

    kind: Kind
    id: str
    old: Any
    """The object before: a record of the table's type, or None."""
    new: Any
    """The object after: a record of the table's type, or None."""


class Conflict(Struct, frozen=True, gc=False, tag="conflict"):
    """A transaction that did not hold and changed nothing; every manager comes to the same conclusion."""

    index: int
    reason: str
