"""Agent and dispatcher over a link that loses, repeats, delays and reorders, with crashes of either at any moment."""

from collections.abc import Callable
from random import Random
from typing import Final

from agent_pair import FENCE_NS, Pair
from hypothesis import given
from hypothesis import strategies as st

from core.events import ContainerPhase, EngineDown
from core.objects.task import TaskState
from core.timing import MS, SECOND


def engine_down(pair: Pair, number: int) -> None:
    pair.engine.up = False
    pair.agent_step(EngineDown("gone"))


def engine_acts(pair: Pair, number: int, refuse: bool = False) -> None:
    report = pair.engine.perform(number, refuse)
    if report is not None:
        pair.agent_step(report)


def comes_right(pair: Pair, number: int) -> None:
    pair.settle()
    pair.check_settled()


ACTIONS: Final[dict[str, Callable[[Pair, int], None]]] = {
    "nothing": lambda pair, number: None,
    "deliver": lambda pair, number: pair.deliver(number),
    "deliver the oldest": lambda pair, number: pair.deliver(0),
    "deliver some in order": lambda pair, number: pair.deliver_oldest(number),
    "repeat": lambda pair, number: pair.deliver(number, keep=True),
    "lose": lambda pair, number: pair.lose(number),
    "lose all": lambda pair, number: pair.link.clear(),
    "write to disk": lambda pair, number: pair.sync(1 + number % 3),
    "commit": lambda pair, number: pair.commit_one(),
    "commit all": lambda pair, number: pair.commit_all(),
    "engine acts": engine_acts,
    "engine refuses": lambda pair, number: engine_acts(pair, number, refuse=True),
    "container exits": lambda pair, number: pair.happen(number, ContainerPhase.EXITED),
    "container is unhealthy": lambda pair, number: pair.happen(number, ContainerPhase.UNHEALTHY),
    "engine is down": engine_down,
    "engine is up": lambda pair, number: pair.engine_up(),
    "routes are applied": lambda pair, number: pair.program(),
    "routes fail": lambda pair, number: pair.program(fail=True),
    "time passes": lambda pair, number: pair.advance(number * 5 * MS),
    "long time passes": lambda pair, number: pair.advance(1 * SECOND + number * 50 * MS),
    "the link is cut for long": lambda pair, number: pair.cut_off(FENCE_NS + number * 50 * MS),
    "create": lambda pair, number: pair.create_task(number),
    "run": lambda pair, number: pair.want(number, TaskState.RUNNING),
    "stop": lambda pair, number: pair.want(number, TaskState.SHUTDOWN),
    "delete": lambda pair, number: pair.delete_task(number),
    "all goes well": lambda pair, number: pair.perform_all(),
    "all goes well for a while": lambda pair, number: pair.settle(number * 50 * MS),
    "faults stop and it comes right": comes_right,
    "daemon restarts": lambda pair, number: pair.restart_agent(orders_are_lost=bool(number % 2)),
    "power is lost": lambda pair, number: pair.lose_power(),
    "leader changes": lambda pair, number: pair.term_start(),
}
"""Each with a number that chooses among what there is."""

PROGRESS: Final = (
    "create",
    "all goes well",
    "deliver some in order",
    "write to disk",
    "engine acts",
    "commit",
    "stop",
    "delete",
)
"""Drawn more often, so that something is there to go wrong."""

actions = st.sampled_from(list(ACTIONS)) | st.sampled_from((*PROGRESS, "faults stop and it comes right"))
schedules = st.lists(st.tuples(actions, st.integers(0, 30)), min_size=40, max_size=60)
"""Long ones, since it takes some steps to get anywhere; a failure shrinks to a few among many that do nothing."""


@given(st.integers(0, 3), schedules)
def test_whatever_happens_it_comes_right_in_the_end(seed: int, schedule: list[tuple[str, int]]) -> None:
    pair = Pair(seed)
    for action, number in schedule:
        ACTIONS[action](pair, number)
        pair.check_always()
    comes_right(pair, 0)
    pair.check_always()


def test_the_hard_cases_are_reached() -> None:
    """A search that never meets what it is for proves nothing."""
    reached: set[str] = set()
    for seed in range(400):
        rng = Random(seed)
        pair = Pair(seed % 4)
        for _ in range(40):
            names = sorted(ACTIONS) if rng.random() < 0.5 else PROGRESS
            action = rng.choice(names)
            reached |= _hard_cases(pair, action)
            ACTIONS[action](pair, rng.randrange(31))
    assert reached == {
        "restarted with a running container",
        "restarted with un-synced writes",
        "leader changed with a report under way",
        "leader changed while a task drained",
        "engine back with orders whose outcome was open",
        "table failed to program",
        "task removed while it ran",
        "message repeated after its session",
        "a fence was over while a task ran",
    }


def _hard_cases(pair: Pair, action: str) -> set[str]:
    """What is about to happen, if it is worth noticing."""
    stored = pair.committed.tasks.values()
    facts = {
        "restarted with a running container": action == "daemon restarts" and bool(pair.engine.running()),
        "restarted with un-synced writes": action == "daemon restarts" and bool(pair.unsynced),
        "leader changed with a report under way": action == "leader changes" and bool(pair.log),
        "leader changed while a task drained": action == "leader changes"
        and any(pair.dispatcher.withheld(task) for task in stored),
        "engine back with orders whose outcome was open": action == "engine is up" and bool(pair.engine.orders),
        "table failed to program": action == "routes fail" and bool(pair.programming),
        "task removed while it ran": action == "delete" and bool(pair.engine.running()),
        "a fence was over while a task ran": any(
            task.fence_ns is not None and task.id in pair.engine.running() and pair.now >= pair.known_at + FENCE_NS
            for task in stored
        ),
        "message repeated after its session": action == "repeat" and pair.agent.session_id is None and bool(pair.link),
    }
    return {name for name, holds in facts.items() if holds}
