"""One service whatever becomes of it: updates one upon another, failures, nodes that change, leaders with other clocks.

What must hold always is the word of the check that also judges whole swarms. In the end every update is over, unless it
is paused, and nothing is left as it was that nobody has said a word of.
"""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from leading_head import Swarm, task_spec
from msgspec.structs import replace

from core.manager.update.out_of_date import is_outdated
from core.manager.update.states import PAUSED, UNDER_WAY
from core.manager.update.watch import START_TIMEOUT_NS
from core.objects.node import Availability, NodeState
from core.objects.service import FailureAction, Global, Replicated, ServiceMode, UpdateConfig, UpdateOrder
from core.objects.task import RestartCondition, RestartPolicy, Task, TaskSpec, TaskState, is_wanted
from core.operations import UpdateService
from core.store import slot_of
from core.timing import SECOND
from swarmsim.checks.updates import UpdatesKeepBounds

WORKERS = ("w1", "w2", "w3", "w4")
MOST = 6
LONGEST_DELAY_NS = 60 * SECOND
LONGEST_NS = 2 * MOST * (START_TIMEOUT_NS + LONGEST_DELAY_NS)
"""An update of so many slots, one after the other, and the rollback of as many."""

images = st.sampled_from("abcd")
placements = st.sampled_from([(), (), ("node.labels.zone == a",), ("node.hostname != w4",)])
restarts = st.builds(
    RestartPolicy,
    condition=st.sampled_from([RestartCondition.ANY, RestartCondition.ANY, *RestartCondition]),
    delay_ns=st.sampled_from([0, 5 * SECOND]),
    max_attempts=st.sampled_from([0, 0, 2]),
    window_ns=st.sampled_from([0, 60 * SECOND]),
)
templates = st.builds(task_spec, images, constraints=placements, restart=restarts)
configs = st.builds(
    UpdateConfig,
    parallelism=st.sampled_from([1, 1, 2, 0]),
    delay_ns=st.sampled_from([0, 2 * SECOND, LONGEST_DELAY_NS]),
    failure_action=st.sampled_from(FailureAction),
    monitor_ns=st.sampled_from([0, 5 * SECOND, 30 * SECOND]),
    max_failure_ratio=st.sampled_from([0.0, 0.0, 0.3, 1.0]),
    order=st.sampled_from(UpdateOrder),
)
clocks = st.sampled_from([0, 0, -2 * LONGEST_NS, -10 * SECOND, 10 * SECOND, 2 * LONGEST_NS])
"""How far ahead somebody's wall clock is."""


class OneService(RuleBasedStateMachine):
    """`web` on four workers, whose agents do not start everything."""

    @initialize(
        seed=st.integers(0, 2**16),
        mode=st.one_of(st.just(Global()), st.builds(Replicated, st.integers(1, MOST))),
        template=templates,
        update=configs,
        rollback=configs,
    )
    def found(
        self, seed: int, mode: ServiceMode, template: TaskSpec, update: UpdateConfig, rollback: UpdateConfig
    ) -> None:
        self.swarm = Swarm(workers=len(WORKERS), seed=seed)
        self.swarm.create("web", template, mode, update=update, rollback=rollback)
        self.check, self.term = UpdatesKeepBounds(), 1
        self.stuck: set[tuple[bool, str]] = set()
        """Whether slots, or nodes, of even number, and the images of what does not come to run there."""
        self.swarm.is_stuck = self.is_stuck
        for index, transaction in enumerate(self.swarm.transactions, 1):
            self.check.judge(self.swarm.now, index, transaction, self.term)
        self.swarm.on_commit.append(self.judge)

    def judge(self) -> None:
        self.check.judge(self.swarm.now, self.swarm.index, self.swarm.transactions[-1], self.term)

    def is_stuck(self, task: Task) -> bool:
        starts = is_wanted(task) and task.status.state < TaskState.RUNNING
        number = task.slot or int(task.node_id.removeprefix("w"))
        return starts and (number % 2 == 0, task.spec.container.image) in self.stuck

    # What clients ask for

    def declare(self, goes_back: bool = False, **changes: object) -> None:
        service = self.swarm.service("web")
        spec = replace(service.spec, **changes)
        self.swarm.ask(UpdateService(service.id, service.version, spec, goes_back))

    @rule(template=templates, replicas=st.one_of(st.none(), st.integers(1, MOST)))
    def update(self, template: TaskSpec, replicas: int | None) -> None:
        mode = self.swarm.service("web").spec.mode
        scaled = replicas is not None and isinstance(mode, Replicated)
        self.declare(task=template, mode=Replicated(replicas) if scaled else mode)  # type: ignore[arg-type]

    @rule(constraints=placements)
    def place_otherwise(self, constraints: tuple[str, ...]) -> None:
        task = self.swarm.service("web").spec.task
        self.declare(task=replace(task, placement=replace(task.placement, constraints=constraints)))

    @rule(replicas=st.integers(0, MOST))
    def scale(self, replicas: int) -> None:
        if isinstance(self.swarm.service("web").spec.mode, Replicated):
            self.declare(mode=Replicated(replicas))

    @rule(update=configs, rollback=configs)
    def configure(self, update: UpdateConfig, rollback: UpdateConfig) -> None:
        self.declare(update=update, rollback=rollback)

    @rule()
    def roll_back(self) -> None:
        self.declare(goes_back=True)

    # What happens

    @rule(
        choices=st.lists(st.integers(0, 2**16), min_size=1, max_size=3),
        end=st.sampled_from([TaskState.FAILED, TaskState.FAILED, TaskState.COMPLETE, TaskState.REJECTED]),
        wall_ahead_ns=clocks,
    )
    def tasks_end(self, choices: list[int], end: TaskState, wall_ahead_ns: int) -> None:
        for choice in choices:
            tasks = self.swarm.wanted("web")
            alive = [task for task in tasks if TaskState.ASSIGNED <= task.status.state <= TaskState.RUNNING]
            if alive:
                self.swarm.report(alive[choice % len(alive)], end, wall_ahead_ns)

    @rule(even=st.booleans(), image=images)
    def something_sticks(self, even: bool, image: str) -> None:
        """Or does so no more."""
        self.stuck ^= {(even, image)}

    @rule(name=st.sampled_from(WORKERS), state=st.sampled_from([NodeState.READY, NodeState.DOWN]))
    def node_changes_state(self, name: str, state: NodeState) -> None:
        self.swarm.set_state(name, state)

    @rule(name=st.sampled_from(WORKERS), availability=st.sampled_from(Availability), zone=st.sampled_from("ab"))
    def node_is_updated(self, name: str, availability: Availability, zone: str) -> None:
        self.swarm.update_node(name, availability=availability, labels={"zone": zone})

    @rule(wall_ahead_ns=clocks)
    def leader_changes(self, wall_ahead_ns: int) -> None:
        self.term += 1
        self.swarm.lead(wall_ahead_ns)

    @rule(agents=st.booleans())
    def settle(self, agents: bool) -> None:
        self.swarm.settle(agents)

    @rule(seconds=st.sampled_from([1, 3, 10, 61, 301]), agents=st.sampled_from([True, True, False]))
    def time_passes(self, seconds: int, agents: bool) -> None:
        self.swarm.run_for(seconds * SECOND, agents)

    @rule()
    def long_time_passes(self) -> None:
        """Nobody mends anything, and yet each update comes to an end."""
        self.swarm.run_for(LONGEST_NS)
        self.check_end()

    # What must hold

    @precondition(lambda self: hasattr(self, "swarm"))
    @invariant()
    def the_update_keeps_its_bounds(self) -> None:
        assert self.check.violation is None, self.check.violation

    def check_end(self) -> None:
        """It is over; whatever is not as it was declared, or does not run, is told of."""
        service = self.swarm.service("web")
        status, wanted = service.update_status, self.swarm.wanted("web")
        assert status is None or status.state not in UNDER_WAY, status
        running = [slot_of(task) for task in wanted if task.status.state is TaskState.RUNNING]
        assert len(running) == len(set(running)), wanted
        if status is not None and (status.state in PAUSED or status.failure_count):
            return
        for task in wanted:
            outdated = is_outdated(self.swarm.head, service, task)
            assert not outdated or self.is_held_up(task), task
            assert not task.by_update or task.status.state is TaskState.RUNNING or self.is_held_up(task), task

    def is_held_up(self, task: Task) -> bool:
        """Whether it is where nothing is to be changed: on a node that is paused, or lost, or suits no more."""
        node = self.swarm.head.nodes.get(task.node_id)
        return node is not None and (
            node.spec.availability is not Availability.ACTIVE or node.status.state is not NodeState.READY
        )

    def teardown(self) -> None:
        """Heal everything: now all that was declared must come about."""
        if not hasattr(self, "swarm"):
            return
        self.stuck.clear()
        for name in WORKERS:
            self.swarm.set_state(name, NodeState.READY)
            self.swarm.update_node(name, availability=Availability.ACTIVE, labels={"zone": "a"})
        self.long_time_passes()
        self.swarm.check()
        self.the_update_keeps_its_bounds()


TestOneService = OneService.TestCase
