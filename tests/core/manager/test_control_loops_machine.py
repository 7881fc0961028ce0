"""Any mix of clients' writes, faults, agents' reports and changes of leader: what every swarm must keep to.

Each rule is followed by a leader that works until it rests, sometimes without any word from the agents. What must hold
always is checked then; what must hold in the end, once all nodes are back and all agents obey, at teardown.
"""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from leading_head import Swarm, node_of, task_spec
from msgspec.structs import replace

from core.ids import NodeId
from core.manager.allocator.audit import audit
from core.manager.orchestrator.tasks import has_stopped, is_lost
from core.manager.placement.constraints import meets, parse_constraints
from core.manager.update.out_of_date import is_outdated
from core.manager.update.states import PAUSED, UNDER_WAY, settings_of
from core.objects import StoredObject, Task
from core.objects.network import NetworkSpec, Subnet
from core.objects.node import Availability, NodeState
from core.objects.port import PortConfig, Protocol, PublishMode
from core.objects.resources import Resources
from core.objects.service import (
    EndpointMode,
    EndpointSpec,
    FailureAction,
    Global,
    GlobalJob,
    Replicated,
    ReplicatedJob,
    Service,
    ServiceSpec,
    UpdateConfig,
    UpdateOrder,
)
from core.objects.task import (
    NetworkTarget,
    Placement,
    RestartCondition,
    RestartPolicy,
    TaskSpec,
    TaskState,
    TaskStatus,
    is_wanted,
)
from core.operations import CreateNetwork, CreateService, Kind, OperationError, Remove, UpdateService
from core.store import SlotKey, slot_of
from core.timing import DOCKER, LAN, SECOND, Timing

CPU = 1_000_000_000
NAMES = ("a", "b", "c")
JOB = "job"
LONGEST_DELAY_NS = 5 * SECOND
NETWORKS = ("n1", "n2")
WORKERS = ("w1", "w2", "w3", "w4")
REMOVALS = (
    (Kind.SERVICE, "a"),
    (Kind.SERVICE, "b"),
    (Kind.SERVICE, JOB),
    (Kind.NETWORK, "n2"),
    (Kind.NODE, "w4"),
    (Kind.NODE, "w3"),
)
ENDS = (TaskState.COMPLETE, TaskState.FAILED, TaskState.REJECTED)

templates = st.builds(
    task_spec,
    constraints=st.sampled_from([(), ("node.labels.zone == a",), ("node.hostname != w1", "node.hostname != w1")]),
    max_replicas=st.sampled_from([0, 0, 2]),
    reservations=st.sampled_from([Resources(), Resources(nano_cpus=CPU), Resources(memory_bytes=3 << 30)]),
    restart=st.builds(
        RestartPolicy,
        condition=st.sampled_from(RestartCondition),
        delay_ns=st.sampled_from([0, LONGEST_DELAY_NS]),
        max_attempts=st.sampled_from([0, 0, 2]),
        window_ns=st.sampled_from([0, 30 * SECOND]),
    ),
)
ports = st.sampled_from(
    [
        (),
        (PortConfig(80),),
        (PortConfig(80, 8080), PortConfig(443)),
        (PortConfig(80, 8080, publish_mode=PublishMode.HOST),),
        (PortConfig(80), PortConfig(80), PortConfig(80, 8080, Protocol.UDP), PortConfig(81, 8080, Protocol.TCP)),
        (PortConfig(80, publish_mode=PublishMode.HOST), PortConfig(80, publish_mode=PublishMode.HOST)),
    ]
)


aliases = st.sampled_from([(), ("a",), ("b", "b", ""), ("ä",)])
jobs = st.one_of(st.builds(ReplicatedJob, st.integers(0, 4), st.integers(0, 6)), st.just(GlobalJob()))
updates = st.builds(
    UpdateConfig,
    parallelism=st.sampled_from([1, 2, 0]),
    delay_ns=st.sampled_from([0, 2 * SECOND]),
    failure_action=st.sampled_from(FailureAction),
    monitor_ns=st.sampled_from([5 * SECOND, 20 * SECOND]),
    max_failure_ratio=st.sampled_from([0.0, 0.3]),
    order=st.sampled_from(UpdateOrder),
)
placements = st.sampled_from([(), ("node.labels.zone == a",), ("node.labels.zone == b",), ("node.hostname != w1",)])
clocks = st.sampled_from([0, 0, -3600 * SECOND, -2 * SECOND, 2 * SECOND, 3600 * SECOND])
"""How far ahead somebody's wall clock is."""
availabilities = st.sampled_from([Availability.ACTIVE, Availability.ACTIVE, Availability.PAUSE, Availability.DRAIN])


class AnySwarm(RuleBasedStateMachine):
    """Three services and a job at most on four workers and two networks, one of them with five addresses."""

    @initialize(timing=st.sampled_from([LAN, DOCKER]), seed=st.integers(0, 2**16))
    def found(self, timing: Timing, seed: int) -> None:
        self.swarm = Swarm(workers=3, timing=timing, seed=seed)
        self.swarm.ask(CreateNetwork(NetworkSpec("n1", subnets=(Subnet("10.200.0.0/28"),))))
        template = replace(task_spec(), networks=(NetworkTarget("n1"),))  # type: ignore[arg-type]  # a name
        self.swarm.create("a", template, Replicated(6), endpoint=EndpointSpec(ports=(PortConfig(80),)))
        self.desired: dict[str, TaskState] = {}
        self.state: dict[str, TaskState] = {}
        self.starting: dict[tuple[str, int], set[SlotKey]] = {}
        """The slots that each update was seen to have under way, by service and version of its spec."""
        self.swarm.on_commit.append(self.check_updates)
        self.stuck: set[tuple[str, int | NodeId]] = set()
        """Services and their slots, or nodes, where nothing comes to run."""
        self.swarm.is_stuck = self.is_stuck

    @rule(
        name=st.sampled_from(NAMES),
        template=templates,
        replicas=st.one_of(st.none(), st.integers(1, 9), st.integers(1, 9)),
        networks=st.lists(st.tuples(st.sampled_from(NETWORKS), aliases), max_size=3),
        published=ports,
        mode=st.sampled_from(EndpointMode),
        update=updates,
    )
    def create_service(
        self,
        name: str,
        template: TaskSpec,
        replicas: int | None,
        networks: list[tuple[str, tuple[str, ...]]],
        published: tuple[PortConfig, ...],
        mode: EndpointMode,
        update: UpdateConfig,
    ) -> None:
        targets = tuple(NetworkTarget(*target) for target in networks)  # type: ignore[arg-type]  # names
        spec = ServiceSpec(
            name,
            replace(template, networks=targets),
            mode=Global() if replicas is None else Replicated(replicas),
            endpoint=EndpointSpec(mode, published),
            update=update,
            rollback=replace(update, parallelism=1),
        )
        self.swarm.ask(CreateService(spec))

    @rule(name=st.sampled_from(NAMES), replicas=st.integers(0, 9), published=ports)
    def update_service(self, name: str, replicas: int, published: tuple[PortConfig, ...]) -> None:
        service_id = self.swarm.head.id_named(Kind.SERVICE, name)
        if service_id is not None:
            service = self.swarm.service(name)
            mode = Replicated(replicas) if isinstance(service.spec.mode, Replicated) else service.spec.mode
            endpoint = replace(service.spec.endpoint, ports=published)
            spec = replace(service.spec, mode=mode, endpoint=endpoint)
            answer = self.swarm.ask(UpdateService(service.id, service.version, spec))
            if isinstance(answer, OperationError):
                self.swarm.ask(UpdateService(service.id, service.version, replace(service.spec, mode=mode)))

    @rule(name=st.sampled_from(NAMES), template=templates, update=updates)
    def update_tasks(self, name: str, template: TaskSpec, update: UpdateConfig) -> None:
        service_id = self.swarm.head.id_named(Kind.SERVICE, name)
        if service_id is not None:
            service = self.swarm.service(name)
            task = replace(template, networks=service.spec.task.networks, force_update=service.version)
            spec = replace(service.spec, task=task, update=update)
            self.swarm.ask(UpdateService(service.id, service.version, spec))

    @rule(name=st.sampled_from(NAMES), constraints=placements, update=st.one_of(st.none(), updates))
    def update_what_may_leave_tasks_as_they_are(
        self, name: str, constraints: tuple[str, ...], update: UpdateConfig | None
    ) -> None:
        """Another placement, which some tasks may suit, or settings."""
        service_id = self.swarm.head.id_named(Kind.SERVICE, name)
        if service_id is not None:
            service = self.swarm.service(name)
            task = replace(service.spec.task, placement=Placement(constraints=constraints))
            spec = replace(service.spec, task=task) if update is None else replace(service.spec, update=update)
            self.swarm.ask(UpdateService(service.id, service.version, spec))

    @rule(name=st.sampled_from(NAMES), slot=st.one_of(st.integers(1, 4), st.sampled_from(WORKERS)))
    def something_sticks(self, name: str, slot: int | str) -> None:
        self.stuck ^= {(name, slot if isinstance(slot, int) else NodeId(slot))}

    def is_stuck(self, task: Task) -> bool:
        service = self.swarm.head.services.get(task.service_id)
        if service is None or not is_wanted(task) or task.status.state >= TaskState.RUNNING:
            return False
        return (service.spec.name, task.slot or task.node_id) in self.stuck

    @rule(name=st.sampled_from(NAMES))
    def roll_back(self, name: str) -> None:
        service_id = self.swarm.head.id_named(Kind.SERVICE, name)
        if service_id is not None:
            service = self.swarm.service(name)
            self.swarm.ask(UpdateService(service.id, service.version, service.spec, rollback=True))

    @rule(template=templates, mode=jobs)
    def run_job(self, template: TaskSpec, mode: ReplicatedJob | GlobalJob) -> None:
        """Make it, or have it done once more, perhaps otherwise; its kind stays."""
        service_id = self.swarm.head.id_named(Kind.SERVICE, JOB)
        if service_id is None:
            self.swarm.ask(CreateService(ServiceSpec(JOB, template, mode=mode)))
            return
        service = self.swarm.service(JOB)
        same_kind = type(service.spec.mode) is type(mode)
        spec = replace(service.spec, task=template, mode=mode if same_kind else service.spec.mode)
        self.swarm.ask(UpdateService(service.id, service.version, spec))

    @rule(removal=st.sampled_from(REMOVALS))
    def remove(self, removal: tuple[Kind, str]) -> None:
        self.swarm.ask(Remove(*removal, force=True))

    @rule(name=st.sampled_from(NETWORKS))
    def create_network(self, name: str) -> None:
        self.swarm.ask(CreateNetwork(NetworkSpec(name)))

    @rule(name=st.sampled_from(WORKERS), state=st.sampled_from(NodeState))
    def node_changes_state(self, name: str, state: NodeState) -> None:
        if name in self.swarm.head.nodes:
            self.swarm.set_state(name, state)

    @rule(name=st.sampled_from(WORKERS))
    def node_joins(self, name: str) -> None:
        if name not in self.swarm.head.nodes and not self.swarm.head.tasks_on_node(name):  # type: ignore[arg-type]
            self.swarm.put(node_of(name))

    @rule(name=st.sampled_from(WORKERS), availability=availabilities, zone=st.sampled_from(["a", "b"]))
    def update_node(self, name: str, availability: Availability, zone: str) -> None:
        if name in self.swarm.head.nodes:
            self.swarm.update_node(name, availability=availability, labels={"zone": zone})

    @rule(
        choices=st.lists(st.tuples(st.integers(0, 2**16), st.sampled_from(ENDS)), min_size=1, max_size=6),
        wall_ahead_ns=clocks,
    )
    def tasks_end(self, choices: list[tuple[int, TaskState]], wall_ahead_ns: int) -> None:
        for choice, end in choices:
            alive = [task for task in self.swarm.head.tasks.values() if self._on_a_live_node(task)]
            if alive:
                self.swarm.report(alive[choice % len(alive)], end, wall_ahead_ns)

    def _on_a_live_node(self, task: Task) -> bool:
        node = self.swarm.head.nodes.get(task.node_id)
        up = node is not None and node.status.state is NodeState.READY
        return up and TaskState.ASSIGNED <= task.status.state <= TaskState.RUNNING

    @rule(agents=st.booleans())
    def settle(self, agents: bool) -> None:
        self.swarm.settle(agents)

    @rule(seconds=st.sampled_from([1, 5, 60, 301, 90_000]), agents=st.booleans())
    def time_passes(self, seconds: int, agents: bool) -> None:
        self.swarm.run_for(seconds * SECOND, agents)

    @rule(declares=st.sampled_from(["networks", "ports"]), then=st.sampled_from(["fail", "take", "both"]))
    def an_update_leaves_something_behind(self, declares: str, then: str) -> None:
        """Somebody wants what it leaves, while it may be rolled back to that."""
        swarm = self.swarm
        if swarm.head.id_named(Kind.SERVICE, "a") is None:
            return
        service = swarm.service("a")
        task = replace(service.spec.task, force_update=service.version)
        endpoint = service.spec.endpoint
        if declares == "networks":
            task = replace(task, networks=())
        else:
            endpoint = replace(endpoint, ports=())
        update = UpdateConfig(failure_action=FailureAction.ROLLBACK, monitor_ns=60 * SECOND)
        spec = replace(service.spec, task=task, endpoint=endpoint, update=update)
        if isinstance(swarm.ask(UpdateService(service.id, service.version, spec)), OperationError):
            return
        swarm.settle()
        if then != "fail":
            for target in service.spec.task.networks:
                swarm.ask(Remove(Kind.NETWORK, target.network_id))
            for mode in PublishMode:
                taken = tuple(replace(port, publish_mode=mode) for port in service.endpoint.ports)
                if taken:
                    swarm.ask(CreateService(ServiceSpec("b", task_spec(), endpoint=EndpointSpec(ports=taken))))
            swarm.settle()
        if then != "take":
            for running in [each for each in swarm.running("a") if each.by_update][:1]:
                swarm.report(running, TaskState.FAILED)

    @rule(wall_ahead_ns=clocks)
    def leader_changes(self, wall_ahead_ns: int) -> None:
        self.swarm.lead(wall_ahead_ns)

    @rule()
    def a_leader_at_rest_is_followed_by_one_that_writes_nothing(self) -> None:
        """All that there was to do was done: a new leader finds nothing more in the store, but reasons to tell anew.

        At rest: nothing is tried again, and no restart is delayed, which is forgotten with a node that is removed.
        """
        while (at := self.swarm.loops.deadline(self.swarm.now)) is not None and at <= self.swarm.now + LONGEST_DELAY_NS:
            self.swarm.run_for(at - self.swarm.now)
        before = all_but_reasons(self.swarm)
        self.swarm.lead()
        self.swarm.settle(agents=False)
        assert all_but_reasons(self.swarm) == before

    @precondition(lambda self: hasattr(self, "swarm"))
    @invariant()
    def states_only_move_forward(self) -> None:
        for task in self.swarm.head.tasks.values():
            assert task.desired_state >= self.desired.get(task.id, TaskState.NEW)
            assert task.status.state >= self.state.get(task.id, TaskState.NEW)
            self.desired[task.id] = task.desired_state
            self.state[task.id] = task.status.state

    @precondition(lambda self: hasattr(self, "swarm"))
    @invariant()
    def nothing_is_handed_out_twice(self) -> None:
        assert audit(self.swarm.committed) == []

    @precondition(lambda self: hasattr(self, "swarm"))
    @invariant()
    def a_slot_has_one_wanted_task_of_each_spec(self) -> None:
        wanted = [task for task in self.swarm.head.tasks.values() if is_wanted(task)]
        slots = [(*slot_of(task), task.spec_version) for task in wanted]
        assert len(slots) == len(set(slots))

    @precondition(lambda self: hasattr(self, "swarm"))
    @invariant()
    def a_slot_has_one_wanted_task_that_is_up_to_date(self) -> None:
        for service in self.swarm.head.services.values():
            if UpdateOrder.START_FIRST in (service.spec.update.order, service.spec.rollback.order):
                continue  # an old one may come to suit while a new one is to start
            tasks = self.swarm.head.tasks_of_service(service.id)
            slots = [
                slot_of(task) for task in tasks if is_wanted(task) and not is_outdated(self.swarm.head, service, task)
            ]
            assert len(slots) == len(set(slots))

    @precondition(lambda self: hasattr(self, "swarm"))
    @invariant()
    def a_job_runs_no_more_slots_at_once_than_it_may_and_none_beyond_its_last(self) -> None:
        for service in self.swarm.head.services.values():
            if isinstance(mode := service.spec.mode, ReplicatedJob):
                current = self.of_present_execution(service)
                running = {task.slot for task in current if is_under_way(task)}
                assert len(running) <= mode.max_concurrent, running
                assert all(1 <= task.slot <= mode.total_completions for task in current)

    def of_present_execution(self, service: Service) -> list[Task]:
        assert service.job is not None
        tasks = self.swarm.head.tasks_of_service(service.id)
        return [task for task in tasks if task.job_iteration == service.job.iteration]

    def check_updates(self) -> None:
        """Whatever is committed, no update begins another slot while as many as may are under way."""
        for service in self.swarm.committed.services.values():
            config = config_of(service)
            if config is not None and config.parallelism:
                tasks = self.swarm.committed.tasks_of_service(service.id)
                starting = {slot_of(task) for task in tasks if self.is_starting(service, task)}
                begun = starting - self.starting.get((service.id, service.spec_version), starting)
                assert not begun or len(starting) <= config.parallelism, (begun, starting)
                self.starting[service.id, service.spec_version] = starting

    def is_starting(self, service: Service, task: Task) -> bool:
        """Whether an update waits for this task of its own."""
        own = task.by_update and not is_outdated(self.swarm.committed, service, task)
        return own and is_wanted(task) and task.status.state < TaskState.RUNNING

    def teardown(self) -> None:
        """Heal everything: now all that was asked for must come about, and nothing else be left."""
        if not hasattr(self, "swarm"):
            return
        swarm = self.swarm
        self.stuck.clear()
        for node in list(swarm.head.nodes.values()):
            swarm.set_state(node.id, NodeState.READY)
            swarm.update_node(node.id, availability=Availability.ACTIVE)
        swarm.run_for(6000 * SECOND)
        swarm.check()
        for service in swarm.head.services.values():
            self._check_service(service.spec.name)
        for task in swarm.head.tasks.values():
            assert task.service_id in swarm.head.services
            assert is_wanted(task) or has_stopped(task)

    def _check_service(self, name: str) -> None:
        swarm, service = self.swarm, self.swarm.service(name)
        assert config_of(service) is None, "an update comes to an end"
        status = service.update_status
        failed = status is not None and (status.state in PAUSED or status.failure_count)
        for task in swarm.wanted(name):
            assert failed or not is_outdated(swarm.head, service, task), task
        running_slots = [slot_of(task) for task in swarm.running(name)]
        assert len(running_slots) == len(set(running_slots)), swarm.wanted(name)
        for task in swarm.wanted(name):
            if service.job is not None and not is_under_way(task):
                continue
            placed = task.status.state is TaskState.RUNNING and not is_lost(swarm.head.nodes[task.node_id])
            assert placed or task.status.err, task
        if service.job is not None:
            self._check_job(service)
        if isinstance(service.spec.mode, Replicated):
            slots = {task.slot for task in swarm.tasks(name)}  # some of them may be resting
            assert len(slots) == service.spec.mode.replicas, swarm.tasks(name)

    def _check_job(self, service: Service) -> None:
        """Whatever slot is left waits for one that runs, and nothing is left of earlier executions."""
        current = self.of_present_execution(service)
        assert len(current) == len(self.swarm.head.tasks_of_service(service.id)), "earlier executions are removed"
        running = {task.slot for task in current if is_under_way(task)}
        begun = {task.slot for task in current}
        match service.spec.mode:
            case ReplicatedJob(at_once, total):
                assert len(begun) == total or len(running) == at_once, (begun, running)
            case _:
                assert {task.node_id for task in current} >= eligible_nodes(self.swarm, service)


def all_but_reasons(swarm: Swarm) -> list[StoredObject]:
    """What leaders write; of tasks that wait for a place not why, which is told anew when something changes."""
    store = swarm.committed
    tasks = [
        replace(task, status=TaskStatus(task.status.state), version=0, updated_at=0)
        if task.status.state <= TaskState.PENDING
        else task
        for task in store.tasks.values()
    ]
    return [*store.nodes.values(), *store.services.values(), *store.networks.values(), *tasks]


def is_under_way(task: Task) -> bool:
    """Whether a job waits for this task."""
    return is_wanted(task) and task.status.state <= TaskState.RUNNING


def eligible_nodes(swarm: Swarm, service: Service) -> set[str]:
    """Where a global job is to be done."""
    constraints = parse_constraints(service.spec.task.placement.constraints)
    return {node.id for node in swarm.head.nodes.values() if meets(node, constraints)}


def config_of(service: Service) -> UpdateConfig | None:
    """What an update that is under way goes by."""
    status = service.update_status
    if status is None or status.state not in UNDER_WAY:
        return None
    return settings_of(service)


TestAnySwarm = AnySwarm.TestCase
