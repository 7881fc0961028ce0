"""The life cycle's table: legal, complete, and drawn in docs/machines/agent.md as it is."""

from enum import Enum
from itertools import pairwise
from typing import Any

import pytest
from repository import ROOT

from core.agent.lifecycle import ENDED, LAST_ORDER, ORDERS, RETRIED, SHOWN, TRANSITIONS, Phase, Stimulus, resumed
from core.agent.session import TRANSITIONS as SESSION_TRANSITIONS
from core.objects.task import TaskState

EDGES = [(phase, stimulus, to) for phase, row in TRANSITIONS.items() for stimulus, to in row.items()]


def test_every_phase_has_its_row_and_its_last_order() -> None:
    assert set(TRANSITIONS) == set(Phase) == set(LAST_ORDER)


def test_every_phase_is_reached() -> None:
    reached = {Phase.ACCEPTED} | {to for _, _, to in EDGES}
    assert reached == set(Phase)


@pytest.mark.parametrize(("phase", "stimulus", "to"), EDGES)
def test_what_is_shown_and_ordered_only_moves_forward(phase: Phase, stimulus: Stimulus, to: Phase) -> None:
    if (phase, to) == (Phase.PREPARING, Phase.ACCEPTED):
        return  # the engine forgot: the one way back, which the status does not follow
    assert LAST_ORDER[to] >= LAST_ORDER[phase] or to in ENDED
    if phase in SHOWN and to in SHOWN:
        assert SHOWN[to] > SHOWN[phase]


@pytest.mark.parametrize("phase", ENDED)
def test_an_ended_task_can_only_be_removed(phase: Phase) -> None:
    assert TRANSITIONS[phase] == {Stimulus.UNASSIGNED: Phase.REMOVING}


def test_errors_reject_before_starting_and_fail_from_then_on() -> None:
    """swarm.md §2.4."""
    assert TRANSITIONS[Phase.PREPARING][Stimulus.ORDER_FAILED] is Phase.REJECTED
    assert TRANSITIONS[Phase.READY][Stimulus.MISSING] is Phase.REJECTED
    assert TRANSITIONS[Phase.STARTING][Stimulus.ORDER_FAILED] is Phase.FAILED


def test_every_task_can_be_got_rid_of() -> None:
    for phase in set(Phase) - {Phase.GONE, Phase.EVICTING, Phase.REMOVING}:
        assert TRANSITIONS[phase][Stimulus.UNASSIGNED] in (Phase.EVICTING, Phase.REMOVING)


def test_orders_that_end_a_container_are_retried() -> None:
    assert set(RETRIED) == {Phase.FAILING, Phase.STOPPING, Phase.EVICTING, Phase.REMOVING}
    assert set(RETRIED) < set(ORDERS)


def test_a_restarted_agent_takes_tasks_up_where_they_were_seen() -> None:
    assert resumed(TaskState.ASSIGNED) is Phase.ACCEPTED
    assert resumed(TaskState.PREPARING) is Phase.ACCEPTED
    assert resumed(TaskState.READY) is Phase.READY
    assert resumed(TaskState.RUNNING) is Phase.RUNNING
    assert resumed(TaskState.SHUTDOWN) is Phase.SHUTDOWN
    assert resumed(TaskState.ORPHANED) is Phase.FAILED
    states = [state for state in TaskState if TaskState.ACCEPTED < state <= TaskState.REJECTED]
    assert all(earlier < later for earlier, later in pairwise(states))


def test_the_diagrams_in_the_documentation_are_the_tables() -> None:
    text = (ROOT / "docs" / "machines" / "agent.md").read_text()
    assert _diagram(EDGES) in text
    assert (
        _diagram([(state, stimulus, to) for state, row in SESSION_TRANSITIONS.items() for stimulus, to in row.items()])
        in text
    )


def _diagram(edges: list[Any]) -> str:
    lines = [f"    {_node(source)} --> {_node(to)}: {stimulus.value}" for source, stimulus, to in edges]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def _node(state: Enum) -> str:
    return state.name.lower()
