"""Who may move a task from which state to which, as data (swarm.md §2.4).

States only move forward. Each step of the way is one party's: orchestrators make tasks and say what is wanted of them,
the allocator and the scheduler bring them to a node, the node's agent tells everything after that, and the node's
life cycle gives up those of whom nobody will hear. `ControlLoops` holds every single write to this table;
`may_have_moved` says the same of what one transaction made of a task, which may be several writes in one.
"""

from enum import Enum
from itertools import pairwise
from typing import Final

from core.objects.task import Task, TaskState


class Writer(Enum):
    """Parties that write tasks."""

    ORCHESTRATOR = "orchestrator"
    """All who make tasks, replace, update and delete them: desired states are theirs alone."""
    ALLOCATOR = "allocator"
    SCHEDULER = "scheduler"
    AGENT = "agent"
    """By way of the dispatcher."""
    LIFECYCLE = "node's life cycle"
    NOBODY = "nobody"
    """Of tasks."""


_S = TaskState
_ON_NODE: Final = (_S.ASSIGNED, _S.ACCEPTED, _S.PREPARING, _S.READY, _S.STARTING, _S.RUNNING)
_AGENTS: Final = (*_ON_NODE[1:], _S.COMPLETE, _S.SHUTDOWN, _S.FAILED, _S.REJECTED)
_STARTED: Final = (_S.STARTING, _S.RUNNING)

MOVES: Final[dict[tuple[TaskState, TaskState], Writer]] = {
    (_S.NEW, _S.PENDING): Writer.ALLOCATOR,
    (_S.PENDING, _S.ASSIGNED): Writer.SCHEDULER,
    **{
        (old, new): Writer.AGENT
        for old in _ON_NODE
        for new in _AGENTS
        if new > old and not (old in _STARTED and new is _S.REJECTED)
    },
    **{(old, _S.ORPHANED): Writer.LIFECYCLE for old in _ON_NODE},
}
"""From state to state; an agent tells the newest of several. What was started is never rejected, but fails."""
BIRTH: Final = (_S.RUNNING, _S.READY, _S.COMPLETE)
"""What may be wanted of a task when it is made."""
WANTED_NEXT: Final[dict[TaskState, tuple[TaskState, ...]]] = {
    _S.READY: (_S.RUNNING, _S.COMPLETE, _S.SHUTDOWN, _S.REMOVE),
    _S.RUNNING: (_S.SHUTDOWN, _S.REMOVE),
    _S.COMPLETE: (_S.SHUTDOWN, _S.REMOVE),
    _S.SHUTDOWN: (_S.REMOVE,),
    _S.REMOVE: (),
}
"""From desired state to desired state: an orchestrator's move, always."""


def may_write(writer: Writer, old: Task | None, new: Task | None) -> bool:
    """Whether one write of this party's may make this of a task."""
    if old is None or new is None:
        made = new is None or (new.status.state is _S.NEW and new.desired_state in BIRTH)
        return writer is Writer.ORCHESTRATOR and made
    if new.desired_state is not old.desired_state:
        wanted = new.desired_state in WANTED_NEXT[old.desired_state]
        if writer is not Writer.ORCHESTRATOR or not wanted:
            return False
    before, after = old.status.state, new.status.state
    return before is after or MOVES.get((before, after)) is writer


def may_have_moved(old: Task | None, new: Task | None) -> bool:
    """Whether one transaction may make this of a task (None: not there).

    An agent cannot have moved what it was not told of, so not what was not on a node before.
    """
    if new is None:
        return True
    if old is None:
        return new.status.state in _REACHED[_S.NEW] and _desires(new.desired_state, BIRTH)
    before, after = old.status.state, new.status.state
    return (before is after or after in _REACHED[before]) and _desires(new.desired_state, (old.desired_state,))


def _desires(desired: TaskState, before: tuple[TaskState, ...]) -> bool:
    return desired in before or any(desired in WANTED_NEXT[each] for each in before)


def _reached_from(state: TaskState) -> frozenset[TaskState]:
    """Where a task in this state may be after one transaction."""
    reached = {state}
    found = [state]
    while found:
        at = found.pop()
        for (old, new), writer in MOVES.items():
            if old is at and new not in reached and (writer is not Writer.AGENT or state in _ON_NODE):
                reached.add(new)
                found.append(new)
    return frozenset(reached)


_REACHED: Final = {state: _reached_from(state) for state in TaskState}


def diagram() -> str:
    """The steps between neighbouring states, and the ends, as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> new: orchestrator"]
    following = dict(pairwise(TaskState))
    for (old, new), writer in MOVES.items():
        if new > _S.RUNNING or following[old] is new:
            lines.append(f"    {old.name.lower()} --> {new.name.lower()}: {writer.value}")
    return "\n".join(lines)
