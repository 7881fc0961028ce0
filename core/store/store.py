"""The replicated store.

Theory of operation. A store is a table per kind (id -> immutable object) with secondary indexes and a lazy digest. It
changes in one way: `apply(index, transaction)`, called with every transaction of the log in order, on every manager.
A transaction is checked as a whole against what is stored (does the version it expects hold, is the name free) and
then either done as a whole or refused as a whole; the check reads nothing but the store, so all managers agree.
The answer is the change feed: one `Changed(old, new)` per object.

An object's `version` is the index of the log entry that wrote it. A leader keeps a second store, the *head*:
a `copy()` of the committed one that is ahead by what is in flight, written through `core.manager.draft.Draft`.

Tables keep their objects in order of creation; a snapshot and its restoration keep that order.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from core.ids import ConfigId, NetworkId, NodeId, SecretId, ServiceId, TaskId
from core.objects import Cluster, Config, Network, Node, Secret, Service, StoredObject, Task
from core.operations import Kind
from core.store.changes import MAX_CHANGES, Change, Changed, Conflict, Create, Delete, Transaction, key_of, kind_of
from core.store.digest import Digest
from core.store.indexes import Indexes, SlotKey
from core.store.snapshot import StoreChunk, chunks


class Store:
    """Tables are public to read (`store.tasks[task_id]`); nobody but this class and `Draft` writes them."""

    __slots__ = (
        "_digest",
        "_indexes",
        "_tables",
        "clusters",
        "configs",
        "index",
        "networks",
        "nodes",
        "secrets",
        "services",
        "tasks",
    )

    def __init__(self) -> None:
        self.index = 0
        """The log index of the last transaction applied; on a head, of the last one drafted."""
        self._indexes = Indexes()
        self._digest = Digest()
        self._adopt({kind: {} for kind in Kind})

    def _adopt(self, tables: dict[Kind, dict[Any, Any]]) -> None:
        self._tables = tables
        self.nodes: dict[NodeId, Node] = tables[Kind.NODE]
        self.services: dict[ServiceId, Service] = tables[Kind.SERVICE]
        self.tasks: dict[TaskId, Task] = tables[Kind.TASK]
        self.networks: dict[NetworkId, Network] = tables[Kind.NETWORK]
        self.secrets: dict[SecretId, Secret] = tables[Kind.SECRET]
        self.configs: dict[ConfigId, Config] = tables[Kind.CONFIG]
        self.clusters: dict[str, Cluster] = tables[Kind.CLUSTER]

    # Reading

    @property
    def cluster(self) -> Cluster | None:
        """The one cluster object; None in a store that has not been bootstrapped."""
        return next(iter(self.clusters.values()), None)

    def get(self, kind: Kind, object_id: str) -> StoredObject | None:
        """The object with this id, if there is one."""
        stored: StoredObject | None = self._tables[kind].get(object_id)
        return stored

    def all(self, kind: Kind) -> Iterable[Any]:
        """Every object of a kind, in order of creation."""
        return self._tables[kind].values()

    def id_named(self, kind: Kind, name: str) -> str | None:
        """The id of the service, network, secret or config with exactly this name."""
        return self._indexes.names[kind].get(name)

    def nodes_named(self, hostname: str) -> list[Node]:
        """The nodes that call themselves so; there may be several."""
        return [self.nodes[node_id] for node_id in self._indexes.hostnames.get(hostname, ())]

    def tasks_of_service(self, service_id: ServiceId) -> list[Task]:
        """All tasks of a service, also those of one that is gone."""
        return [self.tasks[task_id] for task_id in self._indexes.service_tasks.get(service_id, ())]

    def tasks_on_node(self, node_id: NodeId) -> list[Task]:
        """All tasks assigned to a node, also one that is gone."""
        return [self.tasks[task_id] for task_id in self._indexes.node_tasks.get(node_id, ())]

    def task_count_on_node(self, node_id: NodeId) -> int:
        """How many tasks are assigned to a node."""
        return len(self._indexes.node_tasks.get(node_id, ()))

    def tasks_in_slot(self, slot: SlotKey) -> list[Task]:
        """All tasks that fill or filled a slot."""
        return [self.tasks[task_id] for task_id in self._indexes.slot_tasks.get(slot, ())]

    def has_tasks_in_slot(self, slot: SlotKey) -> bool:
        """Whether any task fills or filled a slot."""
        return slot in self._indexes.slot_tasks

    def services_with_tasks(self) -> Iterator[ServiceId]:
        """Ids of services that have tasks, whether or not the service itself still exists."""
        return iter(self._indexes.service_tasks)

    def nodes_with_tasks(self) -> Iterator[NodeId]:
        """Ids of nodes that have tasks, whether or not the node itself still exists; the empty one for unassigned."""
        return iter(self._indexes.node_tasks)

    def digest(self) -> int:
        """64 bits over the content: equal on every manager that has applied the same log."""
        return self._digest.value(self.get)

    # Writing

    def apply(self, index: int, transaction: Transaction) -> tuple[Changed, ...] | Conflict:
        """Do all of a committed transaction, or nothing of it and say why."""
        assert index > self.index, (index, self.index)
        self.index = index
        reason = self._refusal(index, transaction)
        if reason is not None:
            return Conflict(index, reason)
        return tuple([self.put(change) for change in transaction.changes])

    def put(self, change: Change) -> Changed:
        """Write one change that is known to hold. For `apply` and for `Draft` on a head; nobody else."""
        new: StoredObject | None
        if isinstance(change, Delete):
            kind, object_id, new = change.kind, change.id, None
            old = self._tables[kind].pop(object_id)
        else:
            new = change.object
            kind, object_id = kind_of(new), new.id
            table = self._tables[kind]
            old = table.get(object_id)
            table[object_id] = new
        self._indexes.follow(kind, old, new)
        self._digest.touch(kind, object_id, new is not None)
        return Changed(kind, object_id, old, new)

    def _refusal(self, index: int, transaction: Transaction) -> str | None:
        """Why a transaction does not hold; None if it does. Reads only what it is about to change."""
        if len(transaction.changes) > MAX_CHANGES:
            return f"{len(transaction.changes)} changes are more than {MAX_CHANGES}"
        touched: set[tuple[Kind, str]] = set()
        names: set[tuple[Kind, str]] = set()
        for change in transaction.changes:
            key = key_of(change)
            if key in touched:
                return f"{key[0].value} {key[1]} is changed twice"
            touched.add(key)
            reason = self._change_refusal(index, change, key) or self._name_refusal(change, key, names)
            if reason is not None:
                return reason
        return None

    def _change_refusal(self, index: int, change: Change, key: tuple[Kind, str]) -> str | None:
        stored = self._tables[key[0]].get(key[1])
        if not isinstance(change, Delete) and change.object.version != index:
            return f"{key[0].value} {key[1]} was drafted for index {change.object.version}, not {index}"
        if isinstance(change, Create):
            return None if stored is None else f"{key[0].value} {key[1]} exists"
        if stored is None:
            return f"{key[0].value} {key[1]} does not exist"
        if stored.version != change.expected_version:
            return f"{key[0].value} {key[1]} has version {stored.version}, not {change.expected_version}"
        return None

    def _name_refusal(self, change: Change, key: tuple[Kind, str], names: set[tuple[Kind, str]]) -> str | None:
        kind, object_id = key
        owners = self._indexes.names.get(kind)
        if owners is None or isinstance(change, Delete):
            return None
        name = change.object.spec.name  # type: ignore[union-attr]  # every kind with unique names has spec.name
        if owners.get(name, object_id) != object_id or (kind, name) in names:
            return f"{kind.value} name {name} is taken"
        names.add((kind, name))
        return None

    # Checks

    def check_invariants(self, full: bool = False) -> None:
        """Assert what must hold between any two transactions; `full` walks every object."""
        assert len(self.clusters) <= 1, "more than one cluster"
        named_count = len(self.services) + len(self.networks) + len(self.secrets) + len(self.configs)
        assert self._indexes.name_count() == named_count, "as many names are taken as there are objects that need one"
        if full:
            for kind, table in self._tables.items():
                for object_id, stored in table.items():
                    assert (kind_of(stored), stored.id) == (kind, object_id), (kind, object_id)
                    assert stored.version <= self.index, (kind, object_id, stored.version, self.index)
            self._indexes.check_invariants(self._tables)
            self._digest.check_invariants(self._tables)

    # Copies

    def copy(self) -> "Store":
        """An independent store with the same content, sharing the objects: a view, or a new head."""
        twin = Store()
        twin.index = self.index
        twin._adopt({kind: dict(table) for kind, table in self._tables.items()})
        twin._indexes = self._indexes.copy()
        twin._digest = self._digest.copy()
        return twin

    def snapshot(self) -> tuple[StoreChunk, ...]:
        """The whole content in bounded chunks, by reference."""
        return tuple(chunks(self.index, (stored for kind in Kind for stored in self._tables[kind].values())))

    def restore(self, parts: Iterable[StoreChunk]) -> None:
        """Replace the whole content by that of a snapshot."""
        self._indexes = Indexes()
        self._digest = Digest()
        self._adopt({kind: {} for kind in Kind})
        for part in parts:
            self.index = part.index
            for stored in part.objects:
                self.put(Create(stored))
