"""The tasks of a host's tables that take connections, by what they are looked up by: their ids and their addresses.

A task has an id and an address of its own; that two claim the same does not last, if it happens at all.
"""

from core.ids import NetworkId, TaskId
from core.mesh.names import in_order
from core.mesh.routes import Backend


class _Claims:
    """Who claims what on one network. Costs little, since nearly always one does."""

    __slots__ = ("_others", "_owners")

    def __init__(self) -> None:
        self._owners: dict[str, Backend] = {}
        self._others: dict[str, list[Backend]] = {}

    def add(self, what: str, backend: Backend) -> None:
        if self._owners.setdefault(what, backend) is not backend:
            self._others.setdefault(what, []).append(backend)

    def drop(self, what: str, backend: Backend) -> None:
        claimants = [self._owners.pop(what), *self._others.pop(what, ())]
        claimants.remove(backend)
        for other in claimants:
            self.add(what, other)

    def of(self, what: str) -> Backend | None:
        """The one that is meant."""
        owner = self._owners.get(what)
        return None if owner is None else min((owner, *self._others.get(what, ())), key=in_order)


_NONE = _Claims()


class TaskIndex:
    """Kept as backends come and go."""

    def __init__(self) -> None:
        self._by_id: dict[NetworkId, _Claims] = {}
        self._by_address: dict[NetworkId, _Claims] = {}

    def add(self, backend: Backend) -> None:
        """This backend is there now; it was not before."""
        self._by_id.setdefault(backend.network_id, _Claims()).add(backend.task_id, backend)
        self._by_address.setdefault(backend.network_id, _Claims()).add(backend.address, backend)

    def drop(self, backend: Backend) -> None:
        """This backend, which was there, is there no more."""
        self._by_id[backend.network_id].drop(backend.task_id, backend)
        self._by_address[backend.network_id].drop(backend.address, backend)

    def with_id(self, network_id: NetworkId, task_id: TaskId) -> Backend | None:
        """The task with this id on a network."""
        return self._by_id.get(network_id, _NONE).of(task_id)

    def at(self, network_id: NetworkId, address: str) -> Backend | None:
        """The task with this address on a network."""
        return self._by_address.get(network_id, _NONE).of(address)
