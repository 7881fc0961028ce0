"""What orchestrators know of a task: how one is made, whether it is wanted, stopped, ended or lost."""

from collections.abc import Iterable
from random import Random

from msgspec.structs import replace

from core.ids import NodeId, TaskId, draw_id
from core.manager.draft import Draft
from core.objects.drain_grace import labelled_drain_grace_ns
from core.objects.fence import labelled_fence_ns
from core.objects.node import Availability, Node, NodeState
from core.objects.service import Service
from core.objects.task import Task, TaskState, TaskStatus, is_wanted

NOWHERE = NodeId("")
"""Where a task is before the scheduler has chosen."""

_OWN_ENDS = (TaskState.COMPLETE, TaskState.FAILED, TaskState.REJECTED)


def new_task(
    rng: Random,
    service: Service,
    slot: int,
    wall_ns: int,
    node_id: NodeId = NOWHERE,
    *,
    waits: bool = False,
    by_update: bool = False,
    failures_in_a_row: int = 0,
) -> Task:
    """A task from the service's template. Global services give the node and slot 0.

    If it `waits`, its desired state is READY until `core.manager.restart.starter` lets it run.
    """
    iteration = None if service.job is None else service.job.iteration
    return Task(
        id=TaskId(draw_id(rng)),
        service_id=service.id,
        slot=slot,
        spec=service.spec.task,
        spec_version=service.spec_version,
        node_id=node_id,
        service_name=service.spec.name,
        service_labels=service.spec.labels,
        desired_state=TaskState.READY if waits else started(iteration),
        job_iteration=iteration,
        status=TaskStatus(timestamp=wall_ns),
        endpoint=service.spec.endpoint,
        by_update=by_update,
        drain_grace_ns=labelled_drain_grace_ns(service.spec.labels),
        fence_ns=labelled_fence_ns(service.spec.labels),
        failures_in_a_row=failures_in_a_row,
    )


def is_current(service: Service, task: Task) -> bool:
    """Whether it is a part of the present execution of its job; all tasks of other services are."""
    return service.job is None or task.job_iteration == service.job.iteration


def has_stopped(task: Task) -> bool:
    """Whether no container of it is left, or never will be."""
    state = task.status.state
    return state > TaskState.RUNNING or (state < TaskState.ASSIGNED and not is_wanted(task))


def holds_addresses(task: Task) -> bool:
    """Whether its container may still use its addresses: it has not stopped, or nobody can tell."""
    return not has_stopped(task) or task.status.state is TaskState.ORPHANED


def started(job_iteration: int | None) -> TaskState:
    """The desired state of a task that is to start: to run, or as part of a job to its end."""
    return TaskState.RUNNING if job_iteration is None else TaskState.COMPLETE


def must_wait(before: Iterable[Task]) -> bool:
    """Whether a new task in the slot of these is to get ready and wait, since one may still run (`restart.starter`)."""
    return not all(map(has_stopped, before))


def ended_by_itself(task: Task) -> bool:
    """Whether its container finished, failed or was refused, rather than being told to stop or lost with its node."""
    return task.status.state in _OWN_ENDS


def is_lost(node: Node | None) -> bool:
    """Whether tasks on this node have to run elsewhere."""
    return node is None or node.status.state is NodeState.DOWN or node.spec.availability is Availability.DRAIN


def is_unreachable(node: Node | None) -> bool:
    """Whether nobody will ever say, or not soon, that a task on this node has stopped."""
    return node is None or node.status.state is NodeState.DOWN


def want(draft: Draft, task: Task, desired: TaskState) -> None:
    """Move the desired state forward; it never goes back."""
    if task.desired_state < desired:
        draft.update(replace(task, desired_state=desired))
