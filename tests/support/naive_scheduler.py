"""The scheduler's twin: filters and ranks all nodes anew for every single task, from the store alone.

It keeps nothing but what no store holds, the failures of late, and the order in which groups began to wait.
"""

from collections import Counter
from collections.abc import Iterable

from core.ids import NodeId, ServiceId, TaskId
from core.manager.placement.constraints import meets, parse_constraints
from core.objects import Node, Task
from core.objects.node import Availability, NodeState
from core.objects.port import Protocol
from core.objects.resources import Platform
from core.objects.task import TaskState, is_wanted
from core.store import Store
from core.timing import SECOND

Version = tuple[ServiceId, int]
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
WORDS = (
    ("ready", "{} not available for new tasks"),
    ("resources", "insufficient resources on {}"),
    ("plugins", "missing plugin on {}"),
    ("constraints", "scheduling constraints not satisfied on {}"),
    ("platform", "unsupported platform on {}"),
    ("ports", "host-mode port already in use on {}"),
    ("replicas", "max replicas per node limit exceed"),
)


class NaiveScheduler:
    """`place` says where tasks go and why others do not; placing them in the store is the caller's."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.failures: dict[tuple[NodeId, Version], list[int]] = {}
        self._now = 0
        self._placed: dict[TaskId, NodeId] = {}

    def place(self, now: int, waiting: Iterable[Task]) -> tuple[dict[TaskId, NodeId], dict[TaskId, str]]:
        """These tasks, in this order: the node of each that finds one, the reason of each that does not."""
        self._now = now
        self._placed = {}
        reasons: dict[TaskId, str] = {}
        for task in waiting:
            if task.node_id and task.node_id not in self.store.nodes:
                continue  # nobody to ask
            nodes = [self.store.nodes[task.node_id]] if task.node_id else list(self.store.nodes.values())
            labels = () if task.node_id else task.spec.placement.preferences
            best = self._best(nodes, labels, task)
            if best is None:
                reasons[task.id] = self._reason(nodes, task)
            else:
                self._placed[task.id] = best.id
        return self._placed, reasons

    def _best(self, among: list[Node], preferences: tuple[str, ...], task: Task) -> Node | None:
        """Down the branch with the fewest tasks of the service of all that have a suitable node."""
        if not preferences:
            suitable = [node for node in among if not self._unmet(node, task)]
            return min(suitable, key=lambda node: self._rank(node, task), default=None)
        branches: dict[str, list[Node]] = {}
        for node in among:
            branches.setdefault(label_of(node, preferences[0]), []).append(node)
        for value in sorted(branches, key=lambda value: (self._count(branches[value], task), value)):
            best = self._best(branches[value], preferences[1:], task)
            if best is not None:
                return best
        return None

    def _reason(self, nodes: list[Node], task: Task) -> str:
        counts = Counter(self._unmet(node, task) for node in nodes)
        told = [(count, words) for name, words in WORDS if (count := counts[name])]
        told.sort(key=lambda each: -each[0])
        reasons = [words.format("1 node" if count == 1 else f"{count} nodes") for count, words in told]
        return f"no suitable node ({'; '.join(reasons)})" if reasons else "no suitable node"

    def _unmet(self, node: Node, task: Task) -> str:
        """The first of the conditions that the node does not meet, by the word for it; "" if it meets all."""
        there = self._on(node)
        wanted, offered = task.spec.reservations, node.description.resources
        cpus = sum(each.spec.reservations.nano_cpus for each in there) + wanted.nano_cpus
        memory = sum(each.spec.reservations.memory_bytes for each in there) + wanted.memory_bytes
        placement = task.spec.placement
        met = {
            "ready": node.status.state is NodeState.READY and node.spec.availability is Availability.ACTIVE,
            "resources": not (wanted.nano_cpus or wanted.memory_bytes)
            or (cpus <= offered.nano_cpus and memory <= offered.memory_bytes),
            "plugins": has_log_driver(node, task),
            "constraints": meets(node, parse_constraints(placement.constraints)),
            "platform": not placement.platforms or any(runs_on(each, node) for each in placement.platforms),
            "ports": not ports_of(task) & {port for each in there for port in ports_of(each)},
            "replicas": not placement.max_replicas or self._count([node], task) < placement.max_replicas,
        }
        return next((name for name, _ in WORDS if not met[name]), "")

    def _rank(self, node: Node, task: Task) -> tuple[int, int, int, str]:
        times = self.failures.get((node.id, (task.service_id, task.spec_version)), [])
        recent = sum(self._now - at < 300 * SECOND for at in times)
        active = sum(is_wanted(each) for each in self._on(node))
        return recent if recent >= 5 else 0, self._count([node], task), active, node.id

    def _count(self, nodes: list[Node], task: Task) -> int:
        there = [each for node in nodes for each in self._on(node)]
        return sum(is_wanted(each) and each.service_id == task.service_id for each in there)

    def _on(self, node: Node) -> list[Task]:
        placed = [self.store.tasks[task_id] for task_id, node_id in self._placed.items() if node_id == node.id]
        states = range(TaskState.ASSIGNED, TaskState.RUNNING + 1)
        return placed + [
            task for task in self.store.tasks.values() if task.node_id == node.id and task.status.state in states
        ]


def label_of(node: Node, descriptor: str) -> str:
    """The value that parts nodes; other descriptors part none."""
    if descriptor.lower().startswith("node.labels."):
        return node.spec.labels.get(descriptor[len("node.labels.") :], "")
    if descriptor.lower().startswith("engine.labels."):
        return node.description.engine_labels.get(descriptor[len("engine.labels.") :], "")
    return ""


def runs_on(wanted: Platform, node: Node) -> bool:
    offered = node.description.platform
    names = {"", offered.architecture, ARCHITECTURES.get(offered.architecture, "")}
    return wanted.os in ("", offered.os) and ARCHITECTURES.get(wanted.architecture, wanted.architecture) in names


def has_log_driver(node: Node, task: Task) -> bool:
    offered = [name for kind, name in node.description.plugins if kind == "Log"]
    driver = task.spec.log_driver
    return driver is None or not offered or driver.name in offered


def ports_of(task: Task) -> set[tuple[Protocol, int]]:
    """Those of its node that a task asks for by number: of the others there are enough."""
    return {(port.protocol, port.published_port) for port in task.endpoint.host_ports if port.published_port}
