"""Tables in parts over a link that loses, repeats, delays and reorders: equal to those computed afresh, none stuck."""

from random import Random
from typing import Any, Final

import pytest
from followed_store import NETWORKS, NODES, SERVICES, TASKS, histories, network, node, service, task
from hypothesis import given
from hypothesis import strategies as st
from route_link import ACTIONS, RouteLink, Sometimes

from core.manager.dispatcher.route_progress import Heard
from core.mesh import transfer
from core.objects.node import NodeState
from core.objects.service import EndpointMode
from core.objects.task import TaskState

PROGRESS: Final = ("send", "deliver the oldest", "program", "write")
"""Drawn more often, so that something is there to go wrong."""
EXCHANGE: Final = ("send", "deliver the oldest", "program", "deliver the oldest")
MISFORTUNES: Final = (
    (*EXCHANGE * 3, "write", "send", "deliver the oldest", "begin a session", "send", "deliver the oldest"),
    (*EXCHANGE * 3, "begin a session", "send", "deliver the oldest", "another leader", "send", *EXCHANGE[1:]),
    (*EXCHANGE * 3, "write", "send", "deliver the oldest", "fail to program", "lose", "send", "deliver the oldest"),
)
"""What chance alone seldom brings about."""
actions = st.sampled_from(list(ACTIONS)) | st.sampled_from(PROGRESS)
schedules = st.lists(st.tuples(actions, st.integers(0, 11)), min_size=20, max_size=60)


@given(histories, st.integers(1, 8), schedules)
def test_whatever_happens_it_comes_right_in_the_end(
    history: list[list[Any]], size: int, schedule: list[tuple[str, int]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer, "MAX_RECORDS", size)
        link = RouteLink(history)
        for action, number in schedule:
            ACTIONS[action](link, number)
            link.check()
        link.heal()


def busy_history(rng: Random) -> list[list[Any]]:
    """A service whose tasks come and go on a network of three nodes."""
    on = [NETWORKS[1]]
    history: list[list[Any]] = [[network(NETWORKS[1], 4096), service(SERVICES[0], on, EndpointMode.VIP, False)]]
    history.append([node(node_id, NodeState.READY, False, on) for node_id in NODES])
    for _ in range(30):
        weights = rng.choice([[3, 1], [1, 9]])  # now and then most fail at once: a long difference, a short table
        states = rng.choices([TaskState.RUNNING, TaskState.FAILED], weights, k=len(TASKS))
        placed = [rng.choice(NODES) if number else NODES[0] for number in range(len(TASKS))]
        history.append([task(*each, TaskState.RUNNING, on) for each in zip(TASKS, placed, states, strict=True)])
    return history


def test_the_hard_cases_are_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Schedules drawn at random, of tables that are in several parts, or now and then in one."""
    reached: set[Heard | Sometimes] = set()
    for seed in range(100):
        monkeypatch.setattr(transfer, "MAX_RECORDS", 1 + seed % 8)
        rng = Random(seed)
        link = RouteLink(busy_history(rng))
        for _ in range(40):
            names = list(ACTIONS) if rng.random() < 0.3 else list(PROGRESS)
            for name in rng.choice(MISFORTUNES) if rng.random() < 0.1 else (rng.choice(names),):
                ACTIONS[name](link, rng.randrange(12))
                link.check()
        link.heal()
        reached |= link.reached
    assert reached == {*Heard, *Sometimes}
