"""Agent and dispatcher over a link that loses, repeats, delays and reorders, with crashes of either at any moment.

Every choice is drawn as data, so that a failure shrinks to its shortest story. `Pair` holds what must never be; once
faults stop, everything agrees.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final

import pytest
from agent_pair import Pair
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pair_objects import FENCE_NS

from core.events import ContainerPhase, EngineDown
from core.manager.dispatcher import assignments
from core.objects.task import TaskState
from core.timing import MS, SECOND

numbers = st.integers(0, 30)
"""Each chooses among what there is."""
USUAL: Final[dict[str, Callable[[Pair], None]]] = {
    "the oldest message arrives": lambda pair: pair.deliver(0),
    "a write is durable": lambda pair: pair.sync(1),
    "a proposal is committed": Pair.commit_one,
}
DISASTERS: Final[dict[str, Callable[[Pair, int], None]]] = {
    "long time passes": lambda pair, number: pair.advance(1 * SECOND + number * 50 * MS),
    "the link is cut for long": lambda pair, number: pair.cut_off(FENCE_NS + number * 50 * MS),
    "the daemon restarts": lambda pair, number: pair.restart_agent(orders_are_lost=bool(number % 2)),
    "power is lost": lambda pair, number: pair.lose_power(),
}
secretive = st.sampled_from([1, 2, 4, 8, 9, 12, 14, 16, 17, 18])
"""Of those, some that make a task with secrets, of which the worker is told at once."""
usual = st.lists(st.sampled_from(list(USUAL)), max_size=8)
"""What follows where nothing goes wrong: without it, few histories would get anywhere."""


class Sometimes(Enum):
    """A search that never meets what it is for proves nothing: what the machine has to meet."""

    RESTARTED_RUNNING = "restarted with a running container"
    RESTARTED_UNSYNCED = "restarted with un-synced writes"
    REPORT_CUT_SHORT = "leader changed with a report under way"
    DRAIN_CUT_SHORT = "leader changed while a task drained"
    ORDERS_OPEN = "engine back with orders whose outcome was open"
    TABLE_FAILED = "table failed to program"
    REMOVED_RUNNING = "task removed while it ran"
    REPEATED_LATE = "message repeated after its session"
    FENCE_OVER = "a fence was over while a task ran"
    TWO_LEADERS = "a message reached a deposed leader who does not know that it is"
    ONLY_DEPOSED = "only a deposed leader was followed for longer than a fence"
    DEPOSED_REFUSED = "a deposed leader alone was heard by an agent that had followed a later one"
    GONE_UNKNOWN = "a task went before the agent had heard of it, and another came"


class AnyPair(RuleBasedStateMachine):
    """One worker, its leader, and sometimes the one who led before."""

    reached: set[Sometimes]

    @initialize(seed=st.integers(0, 3), most_tasks=st.sampled_from([100, 1, 2]), at_work=st.booleans())
    def begin(self, seed: int, most_tasks: int, at_work: bool) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(assignments, "MAX_TASKS", most_tasks)
        self.pair = Pair(seed)
        if at_work:
            for number in (1, 2, 4):
                self.pair.create_task(number)
            self.pair.settle(1 * SECOND)

    def note(self, case: Sometimes, holds: object) -> None:
        if holds:
            self.reached.add(case)

    def go_on(self, then: list[str]) -> None:
        for act in then:
            USUAL[act](self.pair)

    # The link

    @rule(number=numbers)
    def deliver(self, number: int) -> None:
        self.pair.deliver(number)

    @rule(count=st.integers(1, 30))
    def deliver_some_in_order(self, count: int) -> None:
        self.pair.deliver_oldest(count)

    @rule(number=numbers)
    def repeat(self, number: int) -> None:
        self.note(Sometimes.REPEATED_LATE, self.pair.link and self.pair.agent.session_id is None)
        self.pair.deliver(number, keep=True)

    @rule(number=numbers, all_of_it=st.booleans())
    def lose(self, number: int, all_of_it: bool) -> None:
        if all_of_it:
            self.pair.link.clear()
        else:
            self.pair.lose(number)

    # The worker's disk, engine and data plane

    @rule(count=st.integers(1, 3))
    def write_to_disk(self, count: int) -> None:
        self.pair.sync(count)

    @rule(number=numbers, refuses=st.sampled_from([False, False, True]))
    def engine_acts(self, number: int, refuses: bool) -> None:
        self.pair.engine_acts(number, refuses)

    @rule(number=numbers, phase=st.sampled_from([ContainerPhase.EXITED, ContainerPhase.UNHEALTHY]))
    def container_fails(self, number: int, phase: ContainerPhase) -> None:
        self.pair.happen(number, phase)

    @rule(up=st.booleans())
    def engine_answers(self, up: bool) -> None:
        if up:
            self.note(Sometimes.ORDERS_OPEN, self.pair.engine.orders)
            self.pair.engine_up()
        else:
            self.pair.engine.up = False
            self.pair.agent_step(EngineDown("gone"))

    @rule(fails=st.booleans())
    def routes_are_programmed(self, fails: bool) -> None:
        self.note(Sometimes.TABLE_FAILED, fails and self.pair.programming)
        self.pair.program(fails)

    @rule(what=st.sampled_from(list(DISASTERS)), number=numbers, then=usual)
    def disaster_happens(self, what: str, number: int, then: list[str]) -> None:
        restarts = what == "the daemon restarts"
        self.note(Sometimes.RESTARTED_RUNNING, restarts and self.pair.engine.running())
        self.note(Sometimes.RESTARTED_UNSYNCED, restarts and self.pair.unsynced)
        DISASTERS[what](self.pair, number)
        self.go_on(then)

    # The managers

    @rule(all_of_it=st.booleans())
    def commit(self, all_of_it: bool) -> None:
        if all_of_it:
            self.pair.commit_all()
        else:
            self.pair.commit_one()

    @rule(knows=st.booleans(), stopped=st.none() | numbers, then=usual)
    def leader_changes(self, knows: bool, stopped: int | None, then: list[str]) -> None:
        """Perhaps just when a task is to stop."""
        pair = self.pair
        if stopped is not None:
            pair.want(stopped, TaskState.SHUTDOWN)
            pair.commit_all()
        self.note(Sometimes.REPORT_CUT_SHORT, pair.leader.log)
        self.note(Sometimes.DRAIN_CUT_SHORT, any(map(pair.dispatcher.withheld, pair.committed.tasks.values())))
        pair.term_start(knows)
        self.go_on(then)

    @rule()
    def deposed_leader_learns(self) -> None:
        self.pair.deposed_leader_learns()

    @rule(number=numbers, other=numbers)
    def only_a_new_leader_is_heard(self, number: int, other: int) -> None:
        """It has a new task done; the one before goes on as if it still led."""
        self.pair.term_start(knows=False)
        self.pair.create_task(other)
        self.pair.hear_only(self.pair.leader, 1 * SECOND + number * 100 * MS)

    @rule(number=numbers, other=numbers, was_left=st.booleans())
    def only_a_deposed_leader_is_heard(self, number: int, other: int, was_left: bool) -> None:
        """For longer than a fence, by an agent that may have followed another meanwhile."""
        pair = self.pair
        if was_left:
            self.only_a_new_leader_is_heard(number, other)
        elif pair.deposed is None:
            pair.term_start(knows=False)
        assert pair.deposed is not None
        pair.hear_only(pair.deposed, FENCE_NS + number * 50 * MS)
        self.note(Sometimes.ONLY_DEPOSED, pair.agent.session_id is not None)
        self.note(Sometimes.DEPOSED_REFUSED, was_left and pair.agent.session_id is None)

    # What is wanted

    @rule(number=numbers, then=usual)
    def create(self, number: int, then: list[str]) -> None:
        self.pair.create_task(number)
        self.go_on(then)

    @rule(then=usual)
    def assign(self, then: list[str]) -> None:
        self.pair.assign_tasks()
        self.go_on(then)

    @rule(number=numbers, desired=st.sampled_from([TaskState.SHUTDOWN, TaskState.RUNNING]), then=usual)
    def want(self, number: int, desired: TaskState, then: list[str]) -> None:
        self.pair.want(number, desired)
        self.go_on(then)

    @rule(number=numbers, then=usual)
    def delete(self, number: int, then: list[str]) -> None:
        self.note(Sometimes.REMOVED_RUNNING, self.pair.engine.running())
        self.pair.delete_task(number)
        self.go_on(then)

    @rule(number=numbers)
    def write_anew(self, number: int) -> None:
        """Nothing that an agent goes by is changed, and the leader looks at the task again."""
        self.pair.rewrite(number)

    @rule(number=secretive, other=secretive, then=usual)
    def goes_before_it_was_known(self, number: int, other: int, then: list[str]) -> None:
        """What tells of a task is lost, and the task goes; another comes."""
        pair = self.pair
        pair.perform_all()
        pair.create_task(number)
        pair.commit_all()
        pair.link.clear()
        pair.delete_task(-1)
        pair.commit_all()
        pair.create_task(other)
        self.note(Sometimes.GONE_UNKNOWN, pair.leader.log)
        self.go_on(then)

    # Time

    @rule(number=numbers)
    def time_passes(self, number: int) -> None:
        self.pair.advance(number * 5 * MS)

    @rule(then=usual)
    def something_is_due(self, then: list[str]) -> None:
        at = self.pair.deadline()
        if at is not None:
            self.pair.advance(max(at - self.pair.now, 0))
        self.go_on(then)

    @rule()
    def all_goes_well(self) -> None:
        self.pair.perform_all()

    @rule(number=numbers)
    def all_goes_well_for_a_while(self, number: int) -> None:
        self.pair.settle(number * 50 * MS)

    @rule()
    def faults_stop_and_it_comes_right(self) -> None:
        self.pair.settle()
        self.pair.check_settled()

    # What must hold

    @precondition(lambda self: hasattr(self, "pair"))
    @invariant()
    def nothing_is_as_it_must_never_be(self) -> None:
        pair = self.pair
        behind = pair.now >= pair.known_at + FENCE_NS
        fenced = [task.id for task in pair.agent.tasks() if task.fence_ns is not None]
        self.note(Sometimes.FENCE_OVER, behind and set(fenced) & set(pair.engine.running()))
        self.note(Sometimes.TWO_LEADERS, pair.heard_by_deposed_count)
        pair.check_always()

    def teardown(self) -> None:
        if hasattr(self, "pair"):
            self.faults_stop_and_it_comes_right()
            self.nothing_is_as_it_must_never_be()
            self.patch.undo()


AnyPair.TestCase.settings = settings(max_examples=300)


class TestAnyPair(AnyPair.TestCase):  # type: ignore[misc, valid-type]  # made by Hypothesis
    """What the machine met counts too."""

    def runTest(self) -> None:  # noqa: N802  # unittest's name
        AnyPair.reached = set()
        super().runTest()
        assert AnyPair.reached == set(Sometimes)
