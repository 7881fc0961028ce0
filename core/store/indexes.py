"""The store's secondary indexes: who has this name, which tasks belong to this service, node or slot.

They are functions of the tables, kept by `follow` from each change. The tasks of a service and those of a slot come in
the order in which they were made, since a slot's tasks follow one another. Other members come in the order in which
they entered; whoever lets that order decide something sorts.
"""

from collections.abc import Callable, Mapping
from typing import Any

from core.ids import NodeId, ServiceId, TaskId
from core.objects import Node, Task
from core.operations import Kind

SlotKey = tuple[ServiceId, int, NodeId]
"""Which tasks replace one another: a service's slot, or for slot 0 (global services) its place on a node."""
Multimap = dict[Any, dict[Any, None]]
"""Key -> ids, as an ordered set each."""

UNIQUE_NAMES = (Kind.SERVICE, Kind.NETWORK, Kind.SECRET, Kind.CONFIG)
"""Kinds of which no two objects may have the same name."""


def slot_of(task: Task) -> SlotKey:
    """The slot a task fills."""
    return (task.service_id, task.slot, NodeId("") if task.slot else task.node_id)


class Indexes:
    """All secondary indexes of one store."""

    __slots__ = ("hostnames", "names", "node_tasks", "service_tasks", "slot_tasks")

    def __init__(self) -> None:
        self.names: dict[Kind, dict[str, str]] = {kind: {} for kind in UNIQUE_NAMES}
        self.hostnames: Multimap = {}
        self.service_tasks: Multimap = {}
        self.node_tasks: Multimap = {}
        self.slot_tasks: Multimap = {}

    def copy(self) -> "Indexes":
        """An independent copy, linear in the number of entries."""
        twin = Indexes()
        twin.names = {kind: dict(names) for kind, names in self.names.items()}
        for name in ("hostnames", "service_tasks", "node_tasks", "slot_tasks"):
            members: Multimap = getattr(self, name)
            setattr(twin, name, {key: dict(ids) for key, ids in members.items()})
        return twin

    def follow(self, kind: Kind, old: Any, new: Any) -> None:
        """Account for one object that was `old` (None: was not there) and is now `new` (None: is gone)."""
        if kind is Kind.TASK:
            self._follow_task(old, new)
        elif kind is Kind.NODE:
            self._follow_node(old, new)
        elif kind in self.names:
            self._follow_name(self.names[kind], old, new)

    def name_count(self) -> int:
        """How many unique names are taken."""
        return sum(map(len, self.names.values()))

    def check_invariants(self, tables: Mapping[Kind, Mapping[Any, Any]]) -> None:
        """Assert that these are the indexes of the tables, but for the order of members, which decides nothing."""
        afresh = Indexes()
        for kind, table in tables.items():
            for stored in table.values():
                afresh.follow(kind, None, stored)
        for name in Indexes.__slots__:
            assert getattr(self, name) == getattr(afresh, name), f"index {name}"

    def _follow_task(self, old: Task | None, new: Task | None) -> None:
        if old is not None and new is not None and old.node_id == new.node_id:
            return  # a task never changes its service or slot number
        places: tuple[tuple[Multimap, Callable[[Task], Any]], ...] = (
            (self.service_tasks, lambda task: task.service_id),
            (self.node_tasks, lambda task: task.node_id),
            (self.slot_tasks, slot_of),
        )
        for members, key_of in places:
            left = None if old is None else key_of(old)
            entered = None if new is None else key_of(new)
            if left == entered:
                continue
            if old is not None:
                _leave(members, left, old.id)
            if new is not None:
                _enter(members, entered, new.id)

    def _follow_node(self, old: Node | None, new: Node | None) -> None:
        old_name = None if old is None else old.description.hostname
        new_name = None if new is None else new.description.hostname
        if old_name == new_name:
            return
        if old is not None:
            _leave(self.hostnames, old_name, old.id)
        if new is not None:
            _enter(self.hostnames, new_name, new.id)

    @staticmethod
    def _follow_name(names: dict[str, str], old: Any, new: Any) -> None:
        if old is not None and (new is None or old.spec.name != new.spec.name) and names.get(old.spec.name) == old.id:
            del names[old.spec.name]
        if new is not None:
            names[new.spec.name] = new.id


def _enter(members: Multimap, key: Any, member: TaskId | NodeId) -> None:
    members.setdefault(key, {})[member] = None


def _leave(members: Multimap, key: Any, member: TaskId | NodeId) -> None:
    ids = members[key]
    del ids[member]
    if not ids:
        del members[key]
