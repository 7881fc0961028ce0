"""What each service is to have and what it really has, also while no manager can tell.

What is to run, only managers know: the leader's store says it, or without a leader the furthest. A manager that starts
and has not caught up may have an older store than was seen before, and with none in service there is none at all. Then
the last that was seen stands, and of its tasks those are counted whose containers really run: hosts go on, stop and
lose power without anybody's knowledge.
"""

from msgspec import Struct

from core.objects import Task
from core.objects.task import TaskState
from core.store import Store
from swarmsim.player.convergence import STACK_LABEL, completed_count, desired_count, healthy_containers
from swarmsim.player.roster import prevailing_store
from swarmsim.world import World


class _Roll(Struct, frozen=True):
    """A service as a store has it."""

    stack: str
    desired: int
    completed: int | None
    """Of a job; None of a service whose tasks are to go on running."""
    tasks: tuple[Task, ...]
    """Those that are meant to run."""


class Census:
    """Looks when it is told to; what is asked of it is of its last look, and of the containers as they are now."""

    def __init__(self, world: World) -> None:
        self.names: dict[str, str] = {}
        """The name of every service that was ever seen, by its id."""
        self.iterations: dict[str, int] = {}
        """Of each job, by its name: which execution of it is the present one."""
        self._world = world
        self._rolls: dict[str, _Roll] = {}
        self._index = 0
        self._told = False
        """Whether a store told at the last look."""

    def look(self) -> None:
        """Take down what the swarm is meant to run, if anybody can tell."""
        store = prevailing_store(self._world)
        self._told = store is not None and (self._world.leader() is not None or store.index >= self._index)
        if store is not None and self._told:
            self._index = store.index
            self._take_down(store)

    def counts(self) -> dict[str, tuple[int, int]]:
        """By service name: tasks desired, and healthy running ones on hosts that have power (of a job: completed)."""
        up = healthy_containers(self._world)
        return {
            name: (
                roll.desired,
                sum(self._runs(task) and task.id in up for task in roll.tasks)
                if roll.completed is None
                else roll.completed,
            )
            for name, roll in self._rolls.items()
        }

    def running(self, of: str | None = None) -> list[Task]:
        """The healthy running tasks of the service or stack of this name (None: of all)."""
        up = healthy_containers(self._world)
        return [
            task
            for name, roll in self._rolls.items()
            if of in (None, name, roll.stack)
            for task in roll.tasks
            if self._runs(task) and task.id in up
        ]

    def _runs(self, task: Task) -> bool:
        """Whether a manager counts it as running; without one that could tell, its container is all there is."""
        return task.status.state is TaskState.RUNNING or not self._told

    def _take_down(self, store: Store) -> None:
        wanted: dict[str, list[Task]] = {}
        for task in store.tasks.values():
            if task.desired_state is TaskState.RUNNING:
                wanted.setdefault(task.service_id, []).append(task)
        self.names.update((service.id, service.spec.name) for service in store.services.values())
        self.iterations = {
            service.spec.name: service.job.iteration for service in store.services.values() if service.job is not None
        }
        self._rolls = {
            service.spec.name: _Roll(
                service.spec.labels.get(STACK_LABEL, ""),
                desired_count(store, service),
                None if service.job is None else completed_count(store, service),
                tuple(wanted.get(service.id, ())),
            )
            for service in store.services.values()
        }
