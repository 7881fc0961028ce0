"""What an agent says of its tasks, in Docker's words, which clients look for."""

from core.agent.lifecycle import MESSAGES, SHOWN
from core.objects.task import TaskState


def test_every_state_that_an_agent_shows_has_dockers_words() -> None:
    assert {SHOWN[phase]: message for phase, message in MESSAGES.items()} == {
        TaskState.ACCEPTED: "accepted",
        TaskState.PREPARING: "preparing",
        TaskState.READY: "prepared",
        TaskState.STARTING: "starting",
        TaskState.RUNNING: "started",
        TaskState.COMPLETE: "finished",
        TaskState.SHUTDOWN: "shutdown",
        TaskState.FAILED: "failed",
        TaskState.REJECTED: "rejected",
    }
    assert MESSAGES.keys() == SHOWN.keys()
