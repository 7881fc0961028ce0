"""The scheduler against its naive twin, which filters and ranks all nodes anew for every single task."""

from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace
from naive_scheduler import NaiveScheduler, Version

from core.ids import ClusterId, NodeId, ServiceId, TaskId
from core.manager.draft import Draft
from core.manager.scheduler import fleet, journal, placer, scheduler
from core.manager.scheduler.node_info import MAX_FAILURES
from core.manager.scheduler.scheduler import RETRY_NS, Scheduler
from core.objects import Cluster, Node, Service, Task
from core.objects.endpoint import EndpointSpec
from core.objects.node import Availability, NodeDescription, NodeSpec, NodeState, NodeStatus
from core.objects.port import PortConfig, Protocol, PublishMode
from core.objects.resources import Platform, Resources
from core.objects.task import ContainerSpec, LogDriver, Placement, TaskSpec, TaskState, TaskStatus, is_wanted
from core.operations import Kind
from core.parts import finish
from core.store import Store
from core.timing import SECOND

NAMES = [NodeId(f"n{number}") for number in range(5)]
VERSIONS = [(ServiceId("a"), 1), (ServiceId("a"), 2), (ServiceId("b"), 1)]
HOST = PublishMode.HOST
HOST_PORTS = (
    (PortConfig(80, 8080, publish_mode=HOST),),
    (PortConfig(80, 8080, Protocol.UDP, HOST), PortConfig(81, 8080, publish_mode=HOST)),
    (PortConfig(80, publish_mode=HOST), PortConfig(80, publish_mode=HOST), PortConfig(80, 8080)),
)
PLAIN = (TaskSpec(ContainerSpec("app")), EndpointSpec())
BOUNDS: tuple[tuple[ModuleType, str, int], ...] = (
    (fleet, "MAX_DIVISIONS", 1),
    (journal, "LEAST_KEPT", 2),
    (placer, "FREE_LOOKS", 0),
    (scheduler, "MAX_PLACERS", 1),
)
"""How much is kept, at the least that it may be."""

nodes = st.builds(
    lambda zone, rack, disk, availability, state, cpus, architecture, plugins: Node(
        NodeId(""),
        NodeSpec(labels={"zone": zone, **rack}, availability=availability),
        NodeDescription(
            "n",
            platform=Platform("linux", architecture),
            resources=Resources(nano_cpus=cpus, memory_bytes=8),
            engine_labels=disk,
            plugins=plugins,
        ),
        NodeStatus(state),
    ),
    st.sampled_from("ab"),
    st.sampled_from([{}, {"rack": "1"}, {"rack": "2"}]),
    st.sampled_from([{}, {"disk": "ssd"}]),
    st.sampled_from([Availability.ACTIVE] * 9 + [Availability.PAUSE]),
    st.sampled_from([NodeState.READY] * 9 + [NodeState.DOWN]),
    st.integers(1, 6),
    st.sampled_from(["x86_64", "amd64", "aarch64"]),
    st.sampled_from([(), (("Log", "json-file"),), (("Log", "json-file"), ("Log", "gelf"))]),
)
templates = st.builds(
    lambda constraints, preferences, cpus, memory, limit, platforms, driver, ports: (
        TaskSpec(
            ContainerSpec("app"),
            reservations=Resources(nano_cpus=cpus, memory_bytes=memory),
            placement=Placement(constraints, preferences, limit, platforms),
            log_driver=driver,
        ),
        EndpointSpec(ports=ports),
    ),
    st.sampled_from(
        [(), (), (), ("node.labels.zone == a",) * 2, ("node.labels.zone != a", "engine.labels.disk == ssd")]
    ),
    st.sampled_from(
        [
            (),
            (),
            ("node.labels.rack",),
            ("Node.Labels.zone", "what.ever", "engine.labels.disk"),
            ("node.labels.",),
            ("node.labels.rack",) * 2,
        ]
    ),
    st.integers(0, 2),
    st.sampled_from([0, 0, 3]),
    st.sampled_from([0, 0, 0, 2]),
    st.sampled_from(
        [
            (),
            (),
            (),
            (),
            (Platform("linux", "amd64"),),
            (Platform("", "arm64"), Platform("linux", ""), Platform("", "arm64")),
        ]
    ),
    st.sampled_from([None] * 4 + [LogDriver("gelf")]),
    st.sampled_from([(), (), (), (), HOST_PORTS[0], *HOST_PORTS]),
)
described = st.sampled_from(VERSIONS).flatmap(lambda key: st.tuples(st.just(key), templates))


class Bench:
    """A head with a scheduler that follows it."""

    def __init__(self) -> None:
        self.head = Store()
        self.now = 0
        self.lead()
        self.write(Cluster(ClusterId("cluster")))

    def lead(self) -> None:
        self.scheduler = Scheduler(self.head)
        finish(self.scheduler.rebuild(self.now))

    def write(self, *objects: Cluster | Node | Task | Service) -> None:
        """Create or update."""
        draft = self._draft()
        for each in objects:
            known = draft.head.get(KINDS[type(each)], each.id) is not None
            draft.update(each) if known else draft.create(each)
        self._tell(draft)

    def delete(self, kind: Kind, object_id: str) -> None:
        draft = self._draft()
        draft.delete(kind, object_id)
        self._tell(draft)

    def schedule_once(self) -> None:
        draft = self._draft()
        self.scheduler.reconcile(self.now, draft)
        self._tell(draft)

    def waiting(self) -> list[Task]:
        tasks = self.head.tasks.values()
        return [task for task in tasks if task.status.state is TaskState.PENDING and is_wanted(task)]

    def _draft(self) -> Draft:
        return Draft(self.head, self.head.index + 1, 0)

    def _tell(self, draft: Draft) -> None:
        for change in draft.take_feed():
            if change.kind in self.scheduler.kinds:
                self.scheduler.on_change(self.now, change)
        draft.transaction()


KINDS = {Cluster: Kind.CLUSTER, Node: Kind.NODE, Task: Kind.TASK, Service: Kind.SERVICE}


def task_of(key: Version, number: int, template: tuple[TaskSpec, EndpointSpec] = PLAIN, **changes: object) -> Task:
    spec, endpoint = template
    pending = TaskStatus(TaskState.PENDING)
    task = Task(TaskId(f"{key[0]}.{number}"), key[0], number, spec, key[1], status=pending, endpoint=endpoint)
    return replace(task, **changes)


class SchedulerMachine(RuleBasedStateMachine):
    """After every step both have placed the same tasks on the same nodes, and told the others the same reasons."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = pytest.MonkeyPatch()
        self.bench = Bench()
        self.twin = NaiveScheduler(self.bench.head)
        self.templates: dict[Version, tuple[TaskSpec, EndpointSpec]] = {}
        self.groups: list[Version] = []
        """In the order in which they began to wait."""
        self.task_count = 0

    def teardown(self) -> None:
        self.patches.undo()

    @initialize(tight=st.booleans(), described=st.lists(nodes, min_size=3, max_size=5))
    def begin(self, tight: bool, described: list[Node]) -> None:
        for module, name, least in BOUNDS if tight else ():
            self.patches.setattr(module, name, least)
        self.bench.write(*(replace(node, id=name) for name, node in zip(NAMES, described, strict=False)))
        self.settle()

    # What happens

    @rule(described=described, count=st.integers(1, 6))
    def add_tasks(self, described: tuple[Version, tuple[TaskSpec, EndpointSpec]], count: int) -> None:
        key, template = described
        self.bench.write(*(self.new_task(key, template) for _ in range(count)))
        self.settle(key)

    @rule(described=described, names=st.sets(st.sampled_from(NAMES), min_size=1))
    def add_preassigned(self, described: tuple[Version, tuple[TaskSpec, EndpointSpec]], names: set[NodeId]) -> None:
        key, template = described
        tasks = [self.new_task(key, template, node_id=name) for name in sorted(names)]
        self.bench.write(*(replace(task, slot=0) for task in tasks))
        self.settle(new=[task.id for task in tasks])

    @rule(name=st.sampled_from(NAMES), node=nodes)
    def set_node(self, name: NodeId, node: Node) -> None:
        self.bench.write(replace(node, id=name))
        self.settle()

    @precondition(lambda self: self.bench.head.nodes)
    @rule(choice=st.integers(0, 99))
    def remove_node(self, choice: int) -> None:
        name = pick(list(self.bench.head.nodes), choice)
        self.bench.delete(Kind.NODE, name)
        self.twin.failures = {key: times for key, times in self.twin.failures.items() if key[0] != name}
        self.settle()

    @precondition(lambda self: self.on_nodes())
    @rule(choice=st.integers(0, 99), state=st.sampled_from([TaskState.RUNNING, TaskState.COMPLETE, TaskState.FAILED]))
    def advance(self, choice: int, state: TaskState) -> None:
        task = pick(self.on_nodes(), choice)
        desired = task.desired_state if state is TaskState.RUNNING else TaskState.SHUTDOWN
        self.bench.write(replace(task, status=TaskStatus(state), desired_state=desired))
        if state is TaskState.FAILED:
            self.note_failure(task)
        self.settle()

    @precondition(lambda self: self.on_nodes())
    @rule(choice=st.integers(0, 99))
    def stop(self, choice: int) -> None:
        self.bench.write(replace(pick(self.on_nodes(), choice), desired_state=TaskState.SHUTDOWN))
        self.settle()

    @precondition(lambda self: self.bench.waiting())
    @rule(choice=st.integers(0, 99))
    def give_up(self, choice: int) -> None:
        self.bench.write(replace(pick(self.bench.waiting(), choice), desired_state=TaskState.SHUTDOWN))
        self.settle()

    @precondition(lambda self: self.bench.head.tasks)
    @rule(choice=st.integers(0, 99))
    def delete(self, choice: int) -> None:
        self.bench.delete(Kind.TASK, pick(list(self.bench.head.tasks), choice))
        self.settle()

    @precondition(lambda self: self.bench.head.nodes and self.templates)
    @rule(
        node=st.integers(0, 99),
        version=st.integers(0, 99),
        count=st.integers(MAX_FAILURES - 1, MAX_FAILURES + 1),
        more_count=st.integers(0, 3),
    )
    def crash_loop(self, node: int, version: int, count: int, more_count: int) -> None:
        """Tasks of a service version fail on one node, again and again, before more of them come."""
        key, name = pick(list(self.templates), version), pick(list(self.bench.head.nodes), node)
        for _ in range(count):
            running = self.new_task(key, self.templates[key], node_id=name, status=TaskStatus(TaskState.RUNNING))
            self.bench.write(running)
            self.bench.write(replace(running, status=TaskStatus(TaskState.FAILED), desired_state=TaskState.SHUTDOWN))
            self.note_failure(running)
            self.bench.delete(Kind.TASK, running.id)
        if more_count:
            self.bench.write(*(self.new_task(key, self.templates[key]) for _ in range(more_count)))
        self.settle(key)

    @rule(duration_s=st.sampled_from([1, 150, 300]))
    def wait(self, duration_s: int) -> None:
        self.bench.now += duration_s * SECOND

    @rule()
    def another_leads(self) -> None:
        self.bench.lead()
        self.twin.failures.clear()
        self.groups = []
        self.settle(*VERSIONS, new=list(self.bench.head.tasks))

    # What is to hold

    def settle(self, *due: Version, new: list[TaskId] | None = None) -> None:
        """Both do what there is to do. `due`: groups that have new tasks, `new`: tasks that came with their nodes.

        When the scheduler waits to retry, its time comes: then everything else is due as well. But tasks that came with
        a node on which no room came free are not told anew why they wait.
        """
        waiting = self.bench.waiting()
        self.follow_groups()
        retried = self.bench.scheduler.deadline() is not None
        self.bench.now += RETRY_NS
        tried = [task for task in waiting if task.node_id and (retried or task.id in (new or ()))]
        for key in self.groups if retried else [key for key in self.groups if key in due]:
            tried += [task for task in waiting if not task.node_id and (task.service_id, task.spec_version) == key]
        placed, reasons = self.twin.place(self.bench.now, tried)
        self.bench.schedule_once()
        self.follow_groups()
        tasks = self.bench.head.tasks
        assigned = [tasks[task.id] for task in tried if tasks[task.id].status.state is TaskState.ASSIGNED]
        assert {task.id: task.node_id for task in assigned} == placed
        for task_id, reason in reasons.items():
            told = tasks[task_id].status.err
            assert told == reason or (tasks[task_id].node_id and task_id not in (new or ()) and told), (told, reason)
        assert not self.bench.scheduler.dirty

    def follow_groups(self) -> None:
        """A group of which nobody waits any more loses its place: what comes of it later waits behind the others."""
        keys = {(task.service_id, task.spec_version): None for task in self.bench.waiting() if not task.node_id}
        self.groups = [key for key in self.groups if key in keys]
        self.groups += [key for key in keys if key not in self.groups]

    @invariant()
    def nobody_who_waits_could_be_placed(self) -> None:
        placed, _ = self.twin.place(self.bench.now, [] if self.bench.scheduler.deadline() else self.bench.waiting())
        assert not placed

    @invariant()
    def what_was_kept_is_what_one_would_find_afresh(self) -> None:
        fresh = Scheduler(self.bench.head)
        finish(fresh.rebuild(self.bench.now))
        assert_same_infos(self.bench.scheduler, fresh)

    def on_nodes(self) -> list[Task]:
        states = range(TaskState.ASSIGNED, TaskState.RUNNING + 1)
        return [task for task in self.bench.head.tasks.values() if task.status.state in states]

    def new_task(self, key: Version, template: tuple[TaskSpec, EndpointSpec], **changes: object) -> Task:
        """A version keeps the template that it had first."""
        self.task_count += 1
        return task_of(key, self.task_count, self.templates.setdefault(key, template), **changes)

    def note_failure(self, task: Task) -> None:
        if task.slot and task.node_id in self.bench.head.nodes:
            key = (task.node_id, (task.service_id, task.spec_version))
            self.twin.failures.setdefault(key, []).append(self.bench.now)


def pick(among: list, choice: int):  # type: ignore[no-untyped-def,type-arg]  # any one of any list
    return among[choice % len(among)]


def assert_same_infos(one: Scheduler, other: Scheduler) -> None:
    """What was kept incrementally is what one would compute afresh."""
    one.check_invariants()
    twins = {info.node.id: info for info in other._fleet.infos}
    assert len(twins) == len(list(one._fleet.infos))
    for info in one._fleet.infos:
        twin = twins[info.node.id]
        for name in ("ready", "free_nano_cpus", "free_memory_bytes", "active_count", "active_by_service", "host_ports"):
            assert getattr(info, name) == getattr(twin, name), name
        assert info.loads == twin.loads


TestScheduler = SchedulerMachine.TestCase
TestScheduler.settings = settings(stateful_step_count=40)


@given(
    st.lists(nodes, min_size=3, max_size=5),
    st.lists(
        st.one_of(st.none(), st.tuples(st.sampled_from(["end", "node", "remove-node"]), st.integers(0, 99), nodes)),
        max_size=3,
    ),
)
@settings(max_examples=25)
def test_a_group_that_takes_several_drafts_goes_on_as_if_it_had_begun_anew(
    described: list[Node], between: list[tuple[str, int, Node] | None]
) -> None:
    bench = Bench()
    bench.write(*(replace(node, id=name) for name, node in zip(NAMES, described, strict=False)))
    key = VERSIONS[0]
    for first in (1, 151):
        bench.write(*(task_of(key, number) for number in range(first, first + 150)))
    for move in [*between, None, None]:
        expected, _ = NaiveScheduler(bench.head).place(bench.now, bench.waiting())
        before = {task.id for task in bench.waiting()}
        bench.now += RETRY_NS
        bench.schedule_once()
        for task_id in before - {task.id for task in bench.waiting()}:
            assert bench.head.tasks[task_id].node_id == expected[task_id]
        if move is not None:
            change(bench, *move)


def change(bench: Bench, act: str, choice: int, node: Node) -> None:
    name = pick(NAMES, choice)
    placed = [task for task in bench.head.tasks.values() if task.node_id]
    if act == "node":
        bench.write(replace(node, id=name))
    elif act == "remove-node" and name in bench.head.nodes:
        bench.delete(Kind.NODE, name)
    elif act == "end" and placed:
        ended = TaskStatus(TaskState.COMPLETE)
        bench.write(replace(pick(placed, choice), status=ended, desired_state=TaskState.SHUTDOWN))
