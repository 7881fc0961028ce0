"""The sections of all networks, and whose the addresses in them are."""

from typing import Final

from core.ids import NetworkId
from core.mesh.routes import Neighbour, RouteKey, RouteRecord
from core.mesh.section import Section

_NOTHING: Final = Section()
"""What is read of a network on which there never was anything."""


class Sections:
    """A section is made with its first record. `stirred`: networks whose section changed since it was cleared."""

    __slots__ = ("_by_network", "_holders", "stirred")

    def __init__(self) -> None:
        self.stirred: dict[NetworkId, None] = {}
        self._by_network: dict[NetworkId, Section] = {}
        self._holders: dict[RouteKey, str] = {}
        """The task or node that each neighbour entry stands for."""

    def of(self, network_id: NetworkId) -> Section:
        """The section of a network, to be read."""
        return self._by_network.get(network_id, _NOTHING)

    def put(self, version: int, record: RouteRecord) -> None:
        """A record is as given."""
        section = self._by_network.get(record.network_id)
        if section is None:
            section = self._by_network[record.network_id] = Section()
        if section.put(version, record):
            self.stirred[record.network_id] = None

    def drop(self, version: int, network_id: NetworkId, key: RouteKey) -> None:
        """There is no such record."""
        section = self._by_network.get(network_id)
        if section is not None and section.drop(version, key):
            self.stirred[network_id] = None

    def forget(self, network_id: NetworkId) -> None:
        """Nobody asks for what was removed on this network, and nothing is left there."""
        assert not self.of(network_id).records
        self._by_network.pop(network_id, None)

    def hold(self, version: int, holder: str, old: tuple[Neighbour, ...], new: tuple[Neighbour, ...]) -> None:
        """The addresses of a task or a node were these and are those; what another has taken over stays with it."""
        kept = set()
        for neighbour in new:
            kept.add(neighbour.key)
            self._holders[neighbour.key] = holder
            self.put(version, neighbour)
        for neighbour in old:
            if neighbour.key not in kept and self._holders.get(neighbour.key) == holder:
                del self._holders[neighbour.key]
                self.drop(version, neighbour.network_id, neighbour.key)
