"""Updates of the service `web` of a `leading_head.Swarm`: what tests declare, what they see of it, how it fails."""

from leading_head import Swarm, task_spec

from core.objects.service import FailureAction, UpdateConfig, UpdateState, UpdateStatus
from core.objects.task import Task, TaskState

ROLL_BACK = UpdateConfig(failure_action=FailureAction.ROLLBACK)
APP = task_spec("app")
NEW = task_spec("new")


def status(swarm: Swarm) -> UpdateStatus:
    """Of the update that there is or was."""
    found = swarm.service("web").update_status
    assert found is not None
    return found


def state(swarm: Swarm) -> UpdateState | None:
    """None if there never was an update."""
    found = swarm.service("web").update_status
    return None if found is None else found.state


def message(swarm: Swarm) -> str:
    """What is said of the update."""
    return status(swarm).message


def images(swarm: Swarm) -> dict[int, list[str]]:
    """Slot -> the images of what is to run there."""
    found: dict[int, list[str]] = {}
    for task in swarm.wanted("web"):
        found.setdefault(task.slot, []).append(task.spec.container.image)
    return dict(sorted(found.items()))


def updated(swarm: Swarm) -> list[str]:
    """The nodes on which a task of the template `NEW` runs."""
    return sorted(task.node_id for task in swarm.running("web") if task.spec == NEW)


def last(swarm: Swarm, slot: int) -> Task:
    """The newest task of a slot."""
    return [task for task in swarm.tasks("web") if task.slot == slot][-1]


def fail(swarm: Swarm, task: Task) -> None:
    """A task fails, and the leader does whatever it does about it at this moment."""
    swarm.report(task, TaskState.FAILED)
    swarm.settle()
