"""Task states, observed and desired, only move forward, and a task never changes its node once it has one."""

from collections.abc import Mapping

from core.facts import BegunAnew
from core.objects import Task
from core.objects.task import TaskState
from core.operations import Kind
from swarmsim.checks.beginnings import Beginnings
from swarmsim.checks.check import Check, living_managers
from swarmsim.world import FactListener, World


class TaskStatesAdvance(Check):
    """Judged by version, since managers lag: whoever shows a task at a later version shows no earlier state.

    What a group decided that a swarm begun anew does not follow is no earlier state (`swarmsim.checks.beginnings`).
    """

    name = "task-states-advance"

    def __init__(self) -> None:
        super().__init__()
        self._latest: dict[str, Task] = {}
        self._beginnings = Beginnings()

    def handlers(self) -> Mapping[type, FactListener]:
        return {BegunAnew: self._beginnings.note}

    def judge(self, at_ns: int, task: Task) -> None:
        """Some manager shows this task."""
        known = self._latest.get(task.id)
        if known is None:
            self._latest[task.id] = task
            return
        if known is task:
            return
        earlier, later = (known, task) if known.version <= task.version else (task, known)
        self._latest[task.id] = later
        if self._beginnings.excuse(earlier.version, later.version):
            return
        problem = _went_back(earlier, later)
        self.expect(not problem, at_ns, f"task {task.id} from version {earlier.version} to {later.version}: {problem}")

    def sample(self, world: World) -> None:
        for host in living_managers(world):
            store = world.store(host)
            if store is not None:
                for task in store.all(Kind.TASK):
                    self.judge(world.now_ns, task)


def _went_back(earlier: Task, later: Task) -> str:
    if earlier.version == later.version and earlier != later:
        return "the same version with different content"
    if later.status.state < earlier.status.state:
        return f"state from {earlier.status.state.name} back to {later.status.state.name}"
    if later.desired_state < earlier.desired_state:
        return f"desired state from {earlier.desired_state.name} back to {later.desired_state.name}"
    if earlier.node_id and later.node_id != earlier.node_id:
        return f"moved from node {earlier.node_id} to {later.node_id}"
    if later.status.state > TaskState.PENDING and not later.node_id:
        return f"{later.status.state.name} without a node"
    return ""
