"""Facts about tasks, nodes and updates, told by the leader when the change that makes them true is committed."""

from core.facts import NodeStateChanged, SwarmFact, TaskMoved, TaskPending, TaskRemoved, UpdateMoved
from core.objects import Node, Service, Task
from core.objects.task import TaskState
from core.operations import Kind
from core.store import Changed


def facts_of(change: Changed) -> list[SwarmFact]:
    """What is worth telling of one change."""
    if change.kind is Kind.TASK:
        return _of_task(change.old, change.new)
    if change.kind is Kind.NODE:
        return _of_node(change.old, change.new)
    if change.kind is Kind.SERVICE:
        return _of_service(change.old, change.new)
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
                fenced=new.fence_ns is not None,
            )
        )
    if status.state <= TaskState.PENDING and status.err and (old is None or old.status.err != status.err):
        facts.append(TaskPending(new.id, status.err))
    return facts


def _of_node(old: Node | None, new: Node | None) -> list[SwarmFact]:
    if new is None or (old is not None and old.status.state is new.status.state):
        return []
    return [NodeStateChanged(new.id, new.status.state)]


def _of_service(old: Service | None, new: Service | None) -> list[SwarmFact]:
    if old is None or new is None:
        return []
    before, after = old.update_status, new.update_status
    state = None if after is None else after.state
    if state is (None if before is None else before.state):
        return []
    message = "" if after is None else after.message
    return [UpdateMoved(new.id, state, message, new.spec.task.container.image)]
