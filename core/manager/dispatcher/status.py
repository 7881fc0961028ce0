"""When a reported status may be written over a stored one."""

from core.objects.task import TaskState, TaskStatus


def advances(stored: TaskStatus, reported: TaskStatus) -> bool:
    """Whether a report is news:

    states only move forward, an ended task stays as it ended, agents report what is theirs.
    """
    return stored.state <= TaskState.RUNNING and stored.state < reported.state and is_an_agents(reported.state)


def is_an_agents(state: TaskState) -> bool:
    """Whether agents write this state (swarm.md §2.4: everything after ASSIGNED, but ORPHANED)."""
    return TaskState.ACCEPTED <= state <= TaskState.REJECTED
