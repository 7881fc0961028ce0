"""A machine's network card and what the daemon's transport knows: who it is, and where the others are."""

from core.effects import BecomeKnownAs, Peers, SendTo
from core.envelope import NOBODY, seal
from core.ids import NodeId
from core.raft.effects import Send
from sim.network import Link, Network, Port


class Nic:
    """Implements `core.ports.Transport`. What it knows dies with the daemon."""

    __slots__ = ("_known_as", "_links", "_network", "port", "unknown_count")

    def __init__(self, network: Network, port: Port) -> None:
        self._network = network
        self.port = port
        self.unknown_count = 0
        """Messages dropped since nobody said where their recipient is."""
        self.forget()

    def forget(self) -> None:
        """A new daemon starts: it knows nobody and is nobody."""
        self._links: dict[NodeId, Link] = {}
        self._known_as = NOBODY
        self.port.heard.clear()

    def become_known_as(self, effect: BecomeKnownAs) -> None:
        """Messages are sent under these identities from here on."""
        self._known_as = effect

    def peers(self, effect: Peers) -> None:
        """Learn where the other hosts are; one that is not where it is said to be is answered where it is heard."""
        self._links = {}
        for node_id, address in effect.addresses:
            target = self._network.port_at(address)
            if target is not None:
                self._links[node_id] = self._network.link(self.port, target)

    def lose(self, port: Port) -> None:
        """The machine at `port` is elsewhere now: connections to it are broken, and nobody answers where it was."""
        for node_id in [node_id for node_id, link in self._links.items() if link.target is port]:
            del self._links[node_id]
        for node_id in [node_id for node_id, source in self.port.heard.items() if source is port]:
            del self.port.heard[node_id]

    def knows(self, port: Port) -> list[NodeId]:
        """The identities under which this card knows the machine at `port`."""
        known = [node_id for node_id, link in self._links.items() if link.target is port]
        heard = [node_id for node_id, source in self.port.heard.items() if source is port and node_id]
        return known + [node_id for node_id in heard if node_id not in self._links]

    def send(self, effect: Send) -> None:
        """Hand over a message to a known peer, or to one that was heard: an answer takes the way its question came."""
        link = self._links.get(effect.to)
        if link is None:
            source = self.port.heard.get(effect.to)
            if source is None:
                self.unknown_count += 1
                return
            link = self._network.link(self.port, source)
        link.send(seal(self._known_as, effect))

    def send_to(self, effect: SendTo) -> None:
        """Hand over a message to whoever is at an address."""
        target = self._network.port_at(effect.address)
        if target is None:
            self.unknown_count += 1
            return
        self._network.link(self.port, target).send(seal(self._known_as, effect))
