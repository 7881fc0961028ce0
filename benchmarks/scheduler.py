"""CPU time per task that the scheduler places, on 1,000 and 10,000 nodes: is it flat, whatever there is of either?

Many tasks of one service, of a hundred services, each task of a service of its own as it comes, and single tasks that
take the place of others of a large service; then services with host-mode ports, with placement preferences, and
tasks that find no node. Measured is `Scheduler.reconcile` with the draft's writes to the head, not the allocator or
the log. Figures are medians over rounds where cases are short, in microseconds of this process's CPU time; the longest
single call too. Python's garbage collections are left out.
"""

import argparse
import gc
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from time import process_time_ns

from msgspec import Struct
from msgspec.structs import replace
from targets import Target

from core.ids import ClusterId, NodeId, ServiceId, TaskId
from core.manager.draft import Draft
from core.manager.scheduler.scheduler import RETRY_NS, Scheduler
from core.objects import Cluster, Node, StoredObject, Task
from core.objects.endpoint import EndpointSpec
from core.objects.node import NodeDescription, NodeSpec, NodeState, NodeStatus
from core.objects.port import PortConfig, PublishMode
from core.objects.resources import Resources
from core.objects.task import ContainerSpec, Placement, TaskSpec, TaskState, TaskStatus
from core.operations import Kind
from core.parts import finish
from core.store import Store
from core.timing import LAN, MS

IN_A_SERVICE = Target(50, "us per task")
ONE_BY_ONE = Target(100, "us per task")
LONGEST_STEP = Target(LAN.raft.election_min_ns / MS / 10, "ms")
ROUNDS = 3
SHORT = 10_000
"""Cases of so many tasks are run `ROUNDS` times, larger ones once."""
RACKS, ROWS = 40, 5
TEMPLATE = TaskSpec(
    ContainerSpec("app"),
    reservations=Resources(nano_cpus=1_000_000, memory_bytes=1 << 20),
    placement=Placement(constraints=("node.labels.zone == a",)),
)
PREFERRING = replace(TEMPLATE, placement=Placement(preferences=("node.labels.row", "engine.labels.rack")))
HOMELESS = replace(TEMPLATE, placement=Placement(constraints=("node.labels.zone == b",)))


class Bench:
    """A head with nodes, and a scheduler that is told of every change."""

    def __init__(self, node_count: int) -> None:
        self.head = Store()
        self.now = 0
        self.cpu_ns = 0
        self.longest_ns = 0
        self.write(partial(create, [Cluster(ClusterId("cluster"))]))
        for number in range(node_count):
            self.write(partial(create, [node(number)]))
        self.scheduler = Scheduler(self.head)
        finish(self.scheduler.rebuild(0))

    def write(self, fill: Callable[[Draft], object]) -> None:
        draft = Draft(self.head, self.head.index + 1, 0)
        fill(draft)
        draft.transaction()
        if hasattr(self, "scheduler"):
            self.tell(draft)

    def tell(self, draft: Draft) -> None:
        for change in draft.take_feed():
            if change.kind in (Kind.TASK, Kind.NODE):
                self.scheduler.on_change(self.now, change)

    def add(self, service: str, first: int, count: int, like: Task) -> None:
        for start in range(first, first + count, 150):
            part = range(start, min(start + 150, first + count))
            tasks = [
                replace(like, id=TaskId(f"{service}.{n}"), service_id=ServiceId(service), slot=n + 1) for n in part
            ]
            self.write(partial(create, tasks))

    def end(self, task_id: str) -> None:
        task = self.head.tasks[TaskId(task_id)]
        ended = replace(task, status=TaskStatus(TaskState.COMPLETE), desired_state=TaskState.SHUTDOWN)
        self.write(lambda draft: draft.update(ended))

    def schedule(self) -> None:
        """Until there is nothing left to do; a timer that is due is work."""
        while self.scheduler.dirty or (self.scheduler.deadline() or self.now + 1) <= self.now:
            draft = Draft(self.head, self.head.index + 1, 0)
            before = process_time_ns()
            self.scheduler.reconcile(self.now, draft)
            took_ns = process_time_ns() - before
            draft.transaction()
            self.tell(draft)
            self.cpu_ns += process_time_ns() - before
            self.longest_ns = max(self.longest_ns, took_ns)


def create(stored: Sequence[StoredObject], draft: Draft) -> None:
    """All of them in one draft."""
    for each in stored:
        draft.create(each)


def node(number: int) -> Node:
    """In one zone, one of `ROWS` rows and one of `RACKS` racks."""
    name = f"n{number:06}"
    rack = {"rack": str(number % RACKS)}
    resources = Resources(nano_cpus=64_000_000_000, memory_bytes=1 << 40)
    spec = NodeSpec(labels={"zone": "a", "row": str(number % ROWS)})
    description = NodeDescription(name, resources=resources, engine_labels=rack)
    return Node(NodeId(name), spec, description, NodeStatus(NodeState.READY))


def pending(spec: TaskSpec = TEMPLATE, *ports: PortConfig) -> Task:
    """A task that waits for a node."""
    status = TaskStatus(TaskState.PENDING)
    return Task(TaskId(""), ServiceId(""), 1, spec, 1, status=status, endpoint=EndpointSpec(ports=ports))


HOST_PORT = pending(TEMPLATE, PortConfig(80, 8080, publish_mode=PublishMode.HOST))


def in_services(bench: Bench, task_count: int, service_count: int, like: Task) -> None:
    """So many services, all at once."""
    for number in range(service_count):
        bench.add(f"s{number}", 0, task_count // service_count, like)
    bench.schedule()


def with_host_ports(bench: Bench, task_count: int) -> None:
    """As many services as it takes, each with a port of its own on all nodes and as many tasks as there are nodes."""
    size = min(task_count, len(bench.head.nodes))
    for number in range(task_count // size):
        port = PortConfig(80, 1000 + number, publish_mode=PublishMode.HOST)
        bench.add(f"s{number}", 0, size, pending(TEMPLATE, port))
    bench.schedule()


def one_by_one(bench: Bench, task_count: int, like: Task) -> None:
    """Each of a service of its own, placed before the next one comes."""
    for number in range(task_count):
        bench.add(f"s{number}", 0, 1, like)
        bench.schedule()


def replaced(bench: Bench, task_count: int, like: Task) -> None:
    """A service has two tasks on each node; they end one at a time, and others take their places."""
    size = 2 * len(bench.head.nodes)
    bench.add("web", 0, size, like)
    bench.schedule()
    bench.cpu_ns = bench.longest_ns = 0
    for number in range(task_count):
        bench.end(f"web.{number * 7919 % size}")
        bench.add("web", size + number, 1, like)
        bench.now += RETRY_NS
        bench.schedule()


def homeless(bench: Bench, task_count: int) -> None:
    """Nobody takes the tasks of ten services, which are all tried again when another task ends. Per task and try."""
    bench.add("web", 0, 20, pending())
    bench.schedule()
    for number in range(10):
        bench.add(f"s{number}", 0, task_count // 200, pending(HOMELESS))
    bench.schedule()
    for number in range(19):
        bench.end(f"web.{number}")
        bench.now += RETRY_NS
        bench.schedule()


class Case(Struct, frozen=True):
    """What is measured on how many nodes and tasks."""

    name: str
    act: Callable[[Bench, int], None]
    target: Target
    sizes: tuple[tuple[int, int], ...]


BOTH = ((1_000, 10_000), (1_000, 100_000), (10_000, 10_000), (10_000, 100_000))
FEW = ((1_000, 1_000), (10_000, 1_000))
CASES = (
    Case("one service", lambda bench, count: in_services(bench, count, 1, pending()), IN_A_SERVICE, BOTH),
    Case("100 services", lambda bench, count: in_services(bench, count, 100, pending()), IN_A_SERVICE, BOTH),
    Case("with host-mode ports", with_host_ports, IN_A_SERVICE, BOTH),
    Case("100 with preferences", lambda bench, n: in_services(bench, n, 100, pending(PREFERRING)), IN_A_SERVICE, BOTH),
    Case("one by one", lambda bench, count: one_by_one(bench, count, pending()), ONE_BY_ONE, FEW),
    Case("one by one, preferences", lambda bench, n: one_by_one(bench, n, pending(PREFERRING)), ONE_BY_ONE, FEW),
    Case("replaced", lambda bench, count: replaced(bench, count, pending()), ONE_BY_ONE, FEW),
    Case("replaced, host ports", lambda bench, count: replaced(bench, count, HOST_PORT), ONE_BY_ONE, FEW),
    Case("replaced, preferences", lambda bench, n: replaced(bench, n, pending(PREFERRING)), ONE_BY_ONE, FEW),
    Case("without a node", homeless, IN_A_SERVICE, ((1_000, 10_000), (10_000, 10_000))),
)


def measure(case: Case, node_count: int, task_count: int) -> tuple[float, float]:
    """Microseconds per task, and the longest call in milliseconds."""
    bench = Bench(node_count)
    gc.collect()
    gc.disable()  # a collection goes through all tasks there are, in whoever's step it comes
    case.act(bench, task_count)
    gc.enable()
    return bench.cpu_ns / task_count / 1000, bench.longest_ns / MS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", default="", help="only those whose names begin like this")
    parser.add_argument("--small", action="store_true", help="only up to 10,000 tasks")
    arguments = parser.parse_args()
    for case in CASES:
        if not case.name.startswith(arguments.case):
            continue
        for node_count, task_count in case.sizes:
            if arguments.small and task_count > SHORT:
                continue
            rounds = [measure(case, node_count, task_count) for _ in range(ROUNDS if task_count <= SHORT else 1)]
            cost, longest_ms = median(cost for cost, _ in rounds), max(longest_ms for _, longest_ms in rounds)
            size = f"{node_count:6,} nodes {task_count:7,} tasks"
            print(f"{case.name:24} {size} {cost:7.1f} us per task, longest call {longest_ms:.1f} ms")
            print(case.target.verdict("median", cost))
            print(LONGEST_STEP.verdict("longest call", longest_ms), flush=True)


if __name__ == "__main__":
    main()
