"""The one act of restarting: the old task is told to stop, a new one takes its slot and gets ready."""

from random import Random

from core.manager.draft import Draft
from core.manager.orchestrator.tasks import NOWHERE, new_task, want
from core.manager.restart.policy import failures_in_a_row, should_restart
from core.manager.update.out_of_date import is_outdated
from core.objects.service import Service
from core.objects.task import Task, TaskState, is_wanted
from core.store import Store, slot_of


def restart(draft: Draft, rng: Random, service: Service, task: Task, by_update: bool | None = None) -> None:
    """Give a task up and, unless its policy says no or another one fills its slot already, replace it.

    The replacement's desired state is READY until `core.manager.restart.starter` lets it run. An update goes on to
    watch it (`by_update`) if it watched the task and never saw it run, unless it says otherwise itself.
    """
    replaced = not _is_filled(draft.head, service, task) and should_restart(draft.head, task, draft.wall_ns)
    want(draft, task, TaskState.SHUTDOWN)
    if not replaced:
        return
    if by_update is None:
        by_update = task.by_update and _is_awaited(draft.head, service, task)
    node_id = task.node_id if task.slot == 0 else NOWHERE
    draft.create(
        new_task(
            rng,
            service,
            task.slot,
            draft.wall_ns,
            node_id,
            waits=True,
            by_update=by_update,
            failures_in_a_row=failures_in_a_row(service, task),
        )
    )


def _is_awaited(store: Store, service: Service, task: Task) -> bool:
    """Whether the update that made it has not seen it run."""
    return task.status.state < TaskState.RUNNING and not is_outdated(store, service, task)


def _is_filled(store: Store, service: Service, task: Task) -> bool:
    """Whether the slot has another wanted task: a later one, or an earlier one that is what the service declares.

    Both come from updates that start first: while one is under way, and when it is rolled back. One that is out of date
    is not replaced beside any other: what is declared comes there when the update takes its turn.
    """
    fills = is_outdated(store, service, task)
    for other in store.tasks_in_slot(slot_of(task)):
        if other.id == task.id:
            fills = True
        elif is_wanted(other) and (fills or not is_outdated(store, service, other)):
            return True
    return False
