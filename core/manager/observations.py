"""Facts about tasks and nodes, told by the leader when the change that makes them true is committed."""

from core.facts import NodeStateChanged, SwarmFact, TaskMoved, TaskPending, TaskRemoved
from core.objects import Node, Task
from core.objects.task import TaskState
from core.operations import Kind
from core.store import Changed


def facts_of(change: Changed) -> list[SwarmFact]:
    """What is worth telling of one change."""
    if change.kind is Kind.TASK:
        return _of_task(change.old, change.new)
    if change.kind is Kind.NODE:
        return _of_node(change.old, change.new)
    return []


def _of_task(old: Task | None, new: Task | None) -> list[SwarmFact]:
    if new is None:
        assert old is not None
        return [TaskRemoved(old.id)]
    facts: list[SwarmFact] = []
    status = new.status
    if old is None or (old.status.state, old.desired_state) != (status.state, new.desired_state):
        facts.append(
            TaskMoved(
                task_id=new.id,
                service_id=new.service_id,
                slot=new.slot,
                node_id=new.node_id,
                state=status.state,
                desired_state=new.desired_state,
                err=status.err,
            )
        )
    if status.state <= TaskState.PENDING and status.err and (old is None or old.status.err != status.err):
        facts.append(TaskPending(new.id, status.err))
    return facts


def _of_node(old: Node | None, new: Node | None) -> list[SwarmFact]:
    if new is None or (old is not None and old.status.state is new.status.state):
        return []
    return [NodeStateChanged(new.id, new.status.state)]
