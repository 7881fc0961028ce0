"""The table of an update's states."""

import pytest
from repository import ROOT

from core.manager.update.states import PAUSED, TRANSITIONS, UNDER_WAY, UpdateEvent, diagram, moved
from core.objects.service import UpdateState, UpdateStatus


def test_the_diagram_in_the_documentation_is_the_table() -> None:
    assert f"```mermaid\n{diagram()}\n```" in (ROOT / "docs" / "machines" / "update.md").read_text()


def test_a_client_may_update_or_roll_back_in_every_state() -> None:
    for state in (None, *UpdateState):
        assert TRANSITIONS[state, UpdateEvent.SPEC_UPDATED] is None
        assert TRANSITIONS[state, UpdateEvent.ROLLBACK_REQUESTED] is UpdateState.ROLLBACK_STARTED


def test_every_state_is_reached_and_what_is_paused_only_a_client_moves_on() -> None:
    assert {new for new in TRANSITIONS.values() if new is not None} == set(UpdateState)
    clients = {UpdateEvent.SPEC_UPDATED, UpdateEvent.ROLLBACK_REQUESTED}
    for state in PAUSED:
        assert {event for old, event in TRANSITIONS if old is state} == clients


def test_times_say_when_it_began_and_when_all_was_done() -> None:
    began = moved(None, UpdateEvent.TASKS_OUT_OF_DATE, 5)
    assert began == UpdateStatus(UpdateState.UPDATING, started_at=5, message="update in progress")
    paused = moved(began, UpdateEvent.PAUSED_BY_FAILURES, 6, "update paused due to failure")
    assert paused == UpdateStatus(UpdateState.PAUSED, started_at=5, message="update paused due to failure")
    done = moved(began, UpdateEvent.ALL_REPLACED, 7)
    assert done == UpdateStatus(UpdateState.COMPLETED, started_at=5, completed_at=7, message="update completed")


@pytest.mark.parametrize("state", UNDER_WAY)
def test_what_is_under_way_is_not_begun_again(state: UpdateState) -> None:
    with pytest.raises(KeyError):
        moved(UpdateStatus(state), UpdateEvent.TASKS_OUT_OF_DATE, 1)
