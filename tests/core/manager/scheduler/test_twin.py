"""The scheduler against a naive twin that filters and ranks all nodes anew for every single task."""

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from leading_head import node_of
from msgspec.structs import replace

from core.ids import ClusterId, NodeId, ServiceId, TaskId
from core.manager.draft import Draft
from core.manager.placement.constraints import meets, parse_constraints
from core.manager.scheduler.scheduler import RETRY_NS, Scheduler
from core.objects import Cluster, Node, Task
from core.objects.endpoint import EndpointSpec
from core.objects.node import Availability, NodeDescription, NodeSpec, NodeState, NodeStatus
from core.objects.port import PortConfig, PublishMode
from core.objects.resources import Resources
from core.objects.task import ContainerSpec, Placement, TaskSpec, TaskState, TaskStatus, is_wanted
from core.parts import finish
from core.store import Store, Transaction

HOST_PORT = (PortConfig(80, 8080, publish_mode=PublishMode.HOST),)

nodes = st.builds(
    lambda zone, rack, availability, state, cpus: replace(
        node_of("n"),
        spec=NodeSpec(labels={"zone": zone, **rack}, availability=availability),
        status=NodeStatus(state),
        description=NodeDescription("n", resources=Resources(nano_cpus=cpus, memory_bytes=8)),
    ),
    st.sampled_from("ab"),
    st.sampled_from([{}, {"rack": "1"}, {"rack": "2"}]),
    st.sampled_from([Availability.ACTIVE, Availability.ACTIVE, Availability.DRAIN]),
    st.sampled_from([NodeState.READY, NodeState.READY, NodeState.DOWN]),
    st.integers(1, 6),
)
templates = st.builds(
    lambda zone, preferences, cpus, limit: TaskSpec(
        ContainerSpec("app"),
        reservations=Resources(nano_cpus=cpus),
        placement=Placement(
            constraints=(f"node.labels.zone == {zone}",) if zone else (),
            preferences=preferences,
            max_replicas=limit,
        ),
    ),
    st.sampled_from(["", "", "a"]),
    st.sampled_from([(), (), ("node.labels.rack",), ("node.labels.zone", "what.ever", "node.labels.rack")]),
    st.integers(0, 2),
    st.sampled_from([0, 0, 2]),
)
services = st.tuples(templates, st.integers(1, 8), st.booleans())
changes = st.lists(
    st.tuples(st.sampled_from(["end", "stop", "node", "drop-node", "delete"]), st.integers(0, 99), nodes), max_size=6
)


class NaiveScheduler:
    """Looks at everything for each task, in the order in which the fast one takes groups and tasks."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.placed: dict[TaskId, NodeId] = {}

    def place_all(self, waiting: Iterable[Task]) -> dict[TaskId, NodeId]:
        groups: dict[object, list[Task]] = {}
        for task in waiting:
            groups.setdefault((task.service_id, task.spec_version), []).append(task)
        for tasks in groups.values():
            for task in tasks:
                best = self._best(list(self.store.nodes.values()), list(task.spec.placement.preferences), task)
                if best is not None:
                    self.placed[task.id] = best.id
        return self.placed

    def _best(self, among: list[Node], preferences: list[str], task: Task) -> Node | None:
        """Down the branch with the fewest tasks of the service of all that have a suitable node."""
        if not preferences:
            suitable = [node for node in among if self._suits(node, task)]
            return min(suitable, key=lambda node: self._rank(node, task), default=None)
        branches: dict[str, list[Node]] = {}
        for node in among:
            label = node.spec.labels.get(preferences[0].removeprefix("node.labels."), "")
            branches.setdefault(label if preferences[0].startswith("node.labels.") else "", []).append(node)
        for label in sorted(branches, key=lambda label: (self._count(branches[label], task), label)):
            best = self._best(branches[label], preferences[1:], task)
            if best is not None:
                return best
        return None

    def _count(self, nodes: list[Node], task: Task) -> int:
        there = [each for node in nodes for each in self._on(node)]
        return sum(is_wanted(each) and each.service_id == task.service_id for each in there)

    def _on(self, node: Node) -> list[Task]:
        there = [
            task for task in self.store.tasks.values() if task.id in self.placed and self.placed[task.id] == node.id
        ]
        occupied = [
            task
            for task in self.store.tasks.values()
            if task.node_id == node.id and TaskState.ASSIGNED <= task.status.state <= TaskState.RUNNING
        ]
        return there + occupied

    def _suits(self, node: Node, task: Task) -> bool:
        there = self._on(node)
        ready = node.status.state is NodeState.READY and node.spec.availability is Availability.ACTIVE
        needed = sum(each.spec.reservations.nano_cpus for each in there) + task.spec.reservations.nano_cpus
        ports = {port.published_port for each in there for port in each.endpoint.host_ports}
        limit = task.spec.placement.max_replicas
        same = sum(is_wanted(each) and each.service_id == task.service_id for each in there)
        return (
            ready
            and (not task.spec.reservations.nano_cpus or needed <= node.description.resources.nano_cpus)
            and meets(node, parse_constraints(task.spec.placement.constraints))
            and not ports & {port.published_port for port in task.endpoint.host_ports}
            and (not limit or same < limit)
        )

    def _rank(self, node: Node, task: Task) -> tuple[int, int, str]:
        active = [each for each in self._on(node) if is_wanted(each)]
        return (sum(each.service_id == task.service_id for each in active), len(active), node.id)


class Bench:
    """A head with a scheduler that follows it."""

    def __init__(self, described: list[Node]) -> None:
        self.head = Store()
        self.now = 0
        draft = Draft(self.head, 1, 0)
        draft.create(Cluster(ClusterId("cluster")))
        for number, node in enumerate(described):
            draft.create(replace(node, id=NodeId(f"n{number}")))
        draft.transaction()
        self.scheduler = Scheduler(self.head)
        finish(self.scheduler.rebuild(0))

    def draft(self) -> Draft:
        return Draft(self.head, self.head.index + 1, 0)

    def tell(self, draft: Draft) -> None:
        for change in draft.take_feed():
            if change.kind in self.scheduler.kinds:
                self.scheduler.on_change(self.now, change)
        draft.transaction()

    def schedule(self) -> Transaction:
        self.now += RETRY_NS
        draft = self.draft()
        self.scheduler.reconcile(self.now, draft)
        transaction = draft.transaction()
        self.tell(draft)
        return transaction

    def waiting(self) -> list[Task]:
        tasks = self.head.tasks.values()
        return [task for task in tasks if task.status.state is TaskState.PENDING and is_wanted(task)]

    def add_service(self, name: str, template: TaskSpec, count: int, host_port: bool, first: int = 0) -> None:
        draft = self.draft()
        for slot in range(first, first + count):
            draft.create(
                Task(
                    TaskId(f"{name}.{slot}"),
                    ServiceId(name),
                    slot + 1,
                    template,
                    1,
                    status=TaskStatus(TaskState.PENDING),
                    endpoint=EndpointSpec(ports=HOST_PORT if host_port else ()),
                )
            )
        self.tell(draft)

    def change(self, act: str, choice: int, node: Node) -> None:
        draft = self.draft()
        placed = [task for task in self.head.tasks.values() if task.node_id]
        if act in ("node", "drop-node"):
            name = NodeId(f"n{choice % 4}")
            if act == "node":
                node = replace(node, id=name)
                draft.update(node) if name in self.head.nodes else draft.create(node)
            elif name in self.head.nodes:
                draft.delete(self.scheduler.kinds[1], name)
        elif placed:
            task = placed[choice % len(placed)]
            if act == "end":
                draft.update(replace(task, status=TaskStatus(TaskState.COMPLETE), desired_state=TaskState.SHUTDOWN))
            elif act == "stop":
                draft.update(replace(task, desired_state=TaskState.SHUTDOWN))
            else:
                draft.delete(self.scheduler.kinds[0], task.id)
        self.tell(draft)


@given(st.lists(nodes, max_size=5), st.lists(st.tuples(services, changes), max_size=4))
def test_every_placement_is_the_naive_twins(
    described: list[Node], acts: list[tuple[tuple[TaskSpec, int, bool], list[tuple[str, int, Node]]]]
) -> None:
    bench = Bench(described)
    for number, (service, moves) in enumerate(acts):
        bench.add_service(f"s{number}", *service)
        expected = NaiveScheduler(bench.head).place_all(_in_group_order(bench))
        bench.schedule()
        _assert_placed(bench, expected)
        for move in moves:
            bench.change(*move)
            expected = NaiveScheduler(bench.head).place_all(_in_group_order(bench))
            bench.schedule()
            _assert_placed(bench, expected)
        fresh = Scheduler(bench.head)
        finish(fresh.rebuild(bench.now))
        _assert_same_infos(bench.scheduler, fresh)


def _in_group_order(bench: Bench) -> list[Task]:
    """Unplaced tasks are tried again in the order of their services, which is that of the table here."""
    return bench.waiting()


def _assert_placed(bench: Bench, expected: dict[TaskId, NodeId]) -> None:
    for task_id, node_id in expected.items():
        assert bench.head.tasks[task_id].node_id == node_id
    for task in bench.waiting():
        assert task.id not in expected
        assert task.status.err.startswith("no suitable node")


def _assert_same_infos(one: Scheduler, other: Scheduler) -> None:
    """What was kept incrementally is what one would compute afresh."""
    one.check_invariants()
    twins = {info.node.id: info for info in other._fleet.infos}
    assert len(twins) == len(list(one._fleet.infos))
    for info in one._fleet.infos:
        twin = twins[info.node.id]
        for name in ("ready", "free_nano_cpus", "free_memory_bytes", "active_count", "active_by_service", "host_ports"):
            assert getattr(info, name) == getattr(twin, name), name
        assert info.loads == twin.loads


@given(
    st.lists(nodes, min_size=3, max_size=5),
    st.lists(
        st.one_of(st.none(), st.tuples(st.sampled_from(["end", "node", "drop-node"]), st.integers(0, 99), nodes)),
        max_size=3,
    ),
)
@settings(max_examples=25)
def test_a_group_that_takes_several_drafts_goes_on_as_if_it_had_begun_anew(
    described: list[Node], between: list[tuple[str, int, Node] | None]
) -> None:
    bench = Bench(described)
    bench.add_service("one", TaskSpec(ContainerSpec("app")), 150, host_port=False)
    bench.add_service("one", TaskSpec(ContainerSpec("app")), 150, host_port=False, first=150)
    for move in [*between, None, None]:
        expected = NaiveScheduler(bench.head).place_all(bench.waiting())
        before = {task.id for task in bench.waiting()}
        bench.schedule()
        for task_id in before - {task.id for task in bench.waiting()}:
            assert bench.head.tasks[task_id].node_id == expected[task_id]
        if move is not None:
            bench.change(*move)
