"""CPU time per task that the scheduler places: many tasks of one service, of a hundred services, and one by one.

Measured is `Scheduler.reconcile` with the draft's writes to the head, not the allocator or the log. Figures are
medians over rounds, in microseconds of this process's CPU time.
"""

from statistics import median
from time import process_time_ns

from msgspec.structs import replace
from targets import Target

from core.ids import ClusterId, NodeId, ServiceId, TaskId
from core.manager.draft import Draft
from core.manager.scheduler.scheduler import Scheduler
from core.objects import Cluster, Node, Task
from core.objects.node import NodeDescription, NodeSpec, NodeState, NodeStatus
from core.objects.resources import Resources
from core.objects.task import ContainerSpec, Placement, TaskSpec, TaskState, TaskStatus
from core.operations import Kind
from core.parts import finish
from core.store import Store

IN_A_SERVICE = Target(50, "us per task")
ONE_BY_ONE = Target(100, "us per task")
ROUNDS = 3
TEMPLATE = TaskSpec(
    ContainerSpec("app"),
    reservations=Resources(nano_cpus=1_000_000, memory_bytes=1 << 20),
    placement=Placement(constraints=("node.labels.zone == a",)),
)


class Bench:
    """A head with nodes, and a scheduler that is told of every change."""

    def __init__(self, node_count: int) -> None:
        self.head = Store()
        self.cpu_ns = 0
        self.write(lambda draft: draft.create(Cluster(ClusterId("cluster"))))
        resources = Resources(nano_cpus=64_000_000_000, memory_bytes=1 << 40)
        for number in range(node_count):
            name = f"n{number:06}"
            node = Node(
                NodeId(name), NodeSpec(labels={"zone": "a"}), NodeDescription(name, resources=resources),
                NodeStatus(NodeState.READY),
            )  # fmt: skip
            self.write(lambda draft, node=node: draft.create(node))
        self.scheduler = Scheduler(self.head)
        finish(self.scheduler.rebuild(0))

    def write(self, fill) -> None:  # type: ignore[no-untyped-def]  # a lambda over a draft
        draft = Draft(self.head, self.head.index + 1, 0)
        fill(draft)
        draft.transaction()
        if hasattr(self, "scheduler"):
            self.tell(draft)

    def tell(self, draft: Draft) -> None:
        for change in draft.take_feed():
            if change.kind in (Kind.TASK, Kind.NODE):
                self.scheduler.on_change(0, change)

    def add(self, service: str, first: int, count: int) -> None:
        task = Task(TaskId(""), ServiceId(service), 1, TEMPLATE, 1, status=TaskStatus(TaskState.PENDING))
        for start in range(first, first + count, 150):
            part = range(start, min(start + 150, first + count))
            self.write(
                lambda draft, part=part: [
                    draft.create(replace(task, id=TaskId(f"{service}.{n}"), slot=n + 1)) for n in part
                ]
            )

    def schedule(self) -> None:
        before = process_time_ns()
        while self.scheduler.dirty:
            draft = Draft(self.head, self.head.index + 1, 0)
            self.scheduler.reconcile(0, draft)
            draft.transaction()
            self.tell(draft)
        self.cpu_ns += process_time_ns() - before


def one_service(node_count: int, task_count: int) -> float:
    """All tasks in one service."""
    bench = Bench(node_count)
    bench.add("web", 0, task_count)
    bench.schedule()
    return bench.cpu_ns / task_count / 1000


def many_services(node_count: int, task_count: int) -> float:
    """A hundred services."""
    bench = Bench(node_count)
    for number in range(100):
        bench.add(f"s{number}", 0, task_count // 100)
    bench.schedule()
    return bench.cpu_ns / task_count / 1000


def one_by_one(node_count: int, task_count: int) -> float:
    """Each task placed before the next one comes, as after single failures."""
    bench = Bench(node_count)
    for number in range(task_count):
        bench.add(f"s{number}", 0, 1)
        bench.schedule()
    return bench.cpu_ns / task_count / 1000


def main() -> None:
    cases = [
        ("one service", one_service, 1_000, 10_000, IN_A_SERVICE),
        ("100 services", many_services, 1_000, 10_000, IN_A_SERVICE),
        ("one by one", one_by_one, 1_000, 300, ONE_BY_ONE),
        ("one service", one_service, 10_000, 20_000, IN_A_SERVICE),
    ]
    for name, measure, node_count, task_count, target in cases:
        cost = median(measure(node_count, task_count) for _ in range(ROUNDS))
        print(f"{name:13} {node_count:6} nodes {task_count:6} tasks  {cost:7.1f} us per task")
        print(target.verdict("median", cost))


if __name__ == "__main__":
    main()
