"""All nodes as the scheduler knows them, in the order in which it would take them.

Beside a `NodeInfo` per node it keeps the ready nodes sorted by their number of active tasks, divided as services prefer
it, and for each service the nodes that have tasks of it. With these the best node for a task is found without looking
at all nodes (`core.manager.scheduler.spread`), and with the journal it is found again.
"""

from collections.abc import Iterable
from typing import Final

from core.ids import NodeId, ServiceId, TaskId
from core.manager.scheduler.division import Descriptors, Division
from core.manager.scheduler.journal import Journal
from core.manager.scheduler.node_info import Load, NodeInfo, ServiceVersion
from core.objects.node import Node
from core.parts import Parts, parts_of

MAX_DIVISIONS: Final = 8
"""Kept at once; with more different preferences than that, the division used longest ago is made anew."""


class Fleet:
    """Kept by setting nodes and loads; setting the same twice is setting it once."""

    __slots__ = ("_divisions", "_failing", "_hosts", "_infos", "_located", "journal")

    def __init__(self) -> None:
        self.journal = Journal()
        """Tells every node that changed; telling the same again is none."""
        self._infos: dict[NodeId, NodeInfo] = {}
        self._located: dict[TaskId, NodeId] = {}
        self._divisions: dict[Descriptors, Division] = {(): Division(())}
        self._hosts: dict[ServiceId, dict[NodeId, None]] = {}
        self._failing: dict[ServiceVersion, dict[NodeId, None]] = {}

    # Reading

    @property
    def infos(self) -> Iterable[NodeInfo]:
        """Every node, in the order in which they came."""
        return self._infos.values()

    @property
    def node_count(self) -> int:
        """How many there are."""
        return len(self._infos)

    def info(self, node_id: NodeId) -> NodeInfo | None:
        """One node, if it is there."""
        return self._infos.get(node_id)

    def division(self, descriptors: Descriptors) -> Division:
        """The nodes divided by these labels."""
        division = self._divisions.pop(descriptors, None)
        if division is None:
            division = Division(descriptors, self.infos)
            if len(self._divisions) == MAX_DIVISIONS:
                del self._divisions[next(iter(self._divisions))]
        self._divisions[descriptors] = division
        return division

    def hosts_of(self, service_id: ServiceId) -> list[NodeInfo]:
        """The nodes that have active tasks of a service."""
        return [self._infos[node_id] for node_id in self._hosts.get(service_id, ())]

    def failing(self, now: int, service: ServiceVersion) -> list[NodeInfo]:
        """The nodes where a service version fails so often that others are better."""
        known = self._failing.get(service)
        if known is None:
            return []
        infos = [self._infos[node_id] for node_id in known if node_id in self._infos]
        return [info for info in infos if info.failure_rank(now, service)]

    # Following

    def fill(self, nodes: Iterable[Node], loads: Iterable[tuple[TaskId, NodeId, Load]]) -> Parts:
        """Everything, part by part, into a fleet that has nothing yet."""
        self._infos = {node.id: NodeInfo(node) for node in nodes}
        for part in parts_of(loads):
            for task_id, node_id, load in part:
                info = self._infos.get(node_id)
                if info is not None:
                    info.set_load(task_id, load)
                    self._located[task_id] = node_id
            yield
        for info in self._infos.values():
            for service_id in info.active_by_service:
                self._hosts.setdefault(service_id, {})[info.node.id] = None
        self._divisions = {(): Division((), self.infos)}

    def set_node(self, node: Node) -> bool:
        """A node is there, or has changed; whether it is new."""
        self.journal.add(node.id)
        info = self._infos.get(node.id)
        if info is None:
            info = self._infos[node.id] = NodeInfo(node)
            self._place(info)
            return True
        self._take(info)
        info.set_node(node)
        self._place(info)
        return False

    def remove_node(self, node_id: NodeId) -> None:
        """A node is gone, and what was on it is nowhere."""
        self.journal.add(node_id)
        info = self._infos.pop(node_id)
        for division in self._divisions.values():
            division.remove(info)
        for service_id in info.active_by_service:
            self._unhost(service_id, node_id)
        for task_id in info.loads:
            del self._located[task_id]

    def is_located(self, task_id: TaskId) -> bool:
        """Whether a task takes up room anywhere."""
        return task_id in self._located

    def set_load(self, task_id: TaskId, node_id: NodeId, load: Load | None) -> None:
        """What a task takes up from now on, on `node_id`; None = nothing anywhere."""
        before = self._located.pop(task_id, None)
        if before is not None and (before != node_id or load is None):
            self._change(self._infos[before], task_id, None)
        info = self._infos.get(node_id)
        if info is not None and load is not None:
            self._change(info, task_id, load)
            self._located[task_id] = node_id

    def add_failure(self, now: int, node_id: NodeId, service: ServiceVersion) -> None:
        """A task of this service version has failed on a node."""
        self.journal.add(node_id)
        info = self._infos.get(node_id)
        if info is not None:
            info.add_failure(now, service)
            self._failing.setdefault(service, {})[node_id] = None

    def _change(self, info: NodeInfo, task_id: TaskId, load: Load | None) -> None:
        before = info.loads.get(task_id)
        if before == load:
            return
        self.journal.add(info.node.id)
        self._take(info)
        info.set_load(task_id, load)
        self._put(info)
        for service_id in {each.service_id: None for each in (before, load) if each is not None}:
            if service_id in info.active_by_service:
                self._hosts.setdefault(service_id, {})[info.node.id] = None
            else:
                self._unhost(service_id, info.node.id)

    def _unhost(self, service_id: ServiceId, node_id: NodeId) -> None:
        hosts = self._hosts.get(service_id)
        if hosts is not None:
            hosts.pop(node_id, None)
            if not hosts:
                del self._hosts[service_id]

    def _place(self, info: NodeInfo) -> None:
        for division in self._divisions.values():
            division.place(info)

    def _put(self, info: NodeInfo) -> None:
        for division in self._divisions.values():
            division.put(info)

    def _take(self, info: NodeInfo) -> None:
        for division in self._divisions.values():
            division.take(info)

    def forget_failures(self, service_ids: Iterable[ServiceId]) -> None:
        """These services are gone."""
        gone = dict.fromkeys(service_ids)
        self._failing = {service: nodes for service, nodes in self._failing.items() if service[0] not in gone}

    def check_invariants(self) -> None:
        """The divisions and the hosts are those one would find by looking at every node."""
        for division in self._divisions.values():
            division.check_invariants(self.infos)
        for service_id, hosts in self._hosts.items():
            assert hosts.keys() == {
                info.node.id for info in self._infos.values() if info.active_by_service.get(service_id)
            }
        located = {task_id: info.node.id for info in self._infos.values() for task_id in info.loads}
        assert self._located == located
