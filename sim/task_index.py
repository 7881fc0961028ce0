"""The tasks of a host's tables that take connections, by their ids.

A task has an id of its own; that two claim the same does not last, if it happens at all.
"""

from core.ids import NetworkId, TaskId
from core.mesh.names import in_order
from core.mesh.routes import Backend

_Where = tuple[NetworkId, TaskId]


class TaskIndex:
    """Kept as backends come and go. Costs little, since nearly always one backend has an id."""

    def __init__(self) -> None:
        self._owners: dict[_Where, Backend] = {}
        self._others: dict[_Where, list[Backend]] = {}

    def add(self, backend: Backend) -> None:
        """This backend is there now; it was not before."""
        where = backend.network_id, backend.task_id
        if self._owners.setdefault(where, backend) is not backend:
            self._others.setdefault(where, []).append(backend)

    def drop(self, backend: Backend) -> None:
        """This backend, which was there, is there no more."""
        where = backend.network_id, backend.task_id
        claimants = [self._owners.pop(where), *self._others.pop(where, ())]
        claimants.remove(backend)
        for other in claimants:
            self.add(other)

    def with_id(self, network_id: NetworkId, task_id: TaskId) -> Backend | None:
        """The task with this id on a network; of several, the one that is meant."""
        where = network_id, task_id
        owner = self._owners.get(where)
        return None if owner is None else min((owner, *self._others.get(where, ())), key=in_order)
