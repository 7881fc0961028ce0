"""The one act of restarting: the old task is told to stop, a new one takes its slot and gets ready."""

from random import Random

from core.manager.draft import Draft
from core.manager.orchestrator.tasks import NOWHERE, new_task, want
from core.manager.restart.policy import should_restart
from core.objects.service import Service
from core.objects.task import Task, TaskState


def restart(draft: Draft, rng: Random, service: Service, task: Task) -> None:
    """Give a task up and, unless its policy says no, replace it.

    The replacement's desired state is READY until `core.manager.restart.starter` lets it run.
    """
    replaced = should_restart(draft.head, task, draft.wall_ns)
    want(draft, task, TaskState.SHUTDOWN)
    if replaced:
        node_id = task.node_id if task.slot == 0 else NOWHERE
        draft.create(new_task(rng, service, task.slot, draft.wall_ns, node_id, TaskState.READY))
