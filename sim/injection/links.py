"""Faults of the network: each imposes a condition on the links that it is about, and lifts it at its end."""

from core.trials import faults
from core.trials.faults import Hosts
from sim import partitions
from sim.injection.undo import Handler, Undo
from sim.links import Condition, Matches
from sim.world import World


class Imposed:
    """A condition that holds until this is called; `matches` says for which links."""

    def __init__(self, world: World, condition: Condition) -> None:
        self.matches: Matches = condition.matches
        self._network = world.network
        self._number: int | None = world.network.impose(condition)

    def __call__(self) -> None:
        if self._number is not None:
            self._network.lift(self._number)
            self._number = None


class Flapping:
    """A condition that comes and goes: it holds for the first half of each period."""

    def __init__(self, world: World, condition: Condition, every_ns: int) -> None:
        self.matches: Matches = condition.matches
        self._world = world
        self._condition = condition
        self._every_ns = every_ns
        self._imposed: Imposed | None = None
        self._ended = False
        self._down()

    def _down(self) -> None:
        if not self._ended:
            self._imposed = Imposed(self._world, self._condition)
            self._world.loop.call_after(self._every_ns // 2, self._up)

    def _up(self) -> None:
        if not self._ended and self._imposed is not None:
            self._imposed()
            self._world.loop.call_after(self._every_ns - self._every_ns // 2, self._down)

    def __call__(self) -> None:
        self._ended = True
        if self._imposed is not None:
            self._imposed()


class Broken:
    """The cables of racks, broken until this is called; every link of a host at an end of one may lead over it."""

    def __init__(self, world: World, fault: faults.BreakCable[Hosts]) -> None:
        self._network = world.network
        self._topology = world.network.topology
        places = dict.fromkeys(self._topology.place_of(host) for host in fault.hosts)
        self._cables = tuple(cable for place in places for cable in self._topology.cables_of(place))
        self._ends = frozenset(end for cable in self._cables for end in cable)
        self._whole = False
        for cable in self._cables:
            self._topology.break_cable(*cable)
        self._network.refresh()

    def matches(self, source: str, target: str) -> bool:
        return self._topology.place_of(source) in self._ends or self._topology.place_of(target) in self._ends

    def __call__(self) -> None:
        if not self._whole:
            self._whole = True
            for cable in self._cables:
                self._topology.mend_cable(*cable)
            self._network.refresh()


def touches(world: World, undo: Undo, hosts: Hosts) -> bool:
    """Whether what `undo` takes back lies on a link from or to one of these hosts."""
    assert isinstance(undo, Imposed | Flapping | Broken)
    matches = undo.matches
    return any(
        matches(one, other) or matches(other, one) for one in hosts or world.machines for other in world.machines
    )


def _cut(world: World, severed: Matches) -> Undo:
    return Imposed(world, Condition(severed, cut=True))


def _selected(fault: faults.Loss[Hosts] | faults.Duplicate[Hosts] | faults.Reorder[Hosts]) -> Matches:
    if fault.link is None:
        return partitions.everywhere
    return partitions.between(fault.link.first, fault.link.second)


def flap(world: World, fault: faults.Flap[Hosts]) -> Undo:
    return Flapping(world, Condition(partitions.between(fault.link.first, fault.link.second), cut=True), fault.every_ns)


def slow_link(world: World, fault: faults.SlowLink[Hosts]) -> Undo:
    matches = partitions.between(fault.link.first, fault.link.second)
    return Imposed(world, Condition(matches, latency_ns=fault.latency_ns, jitter_ns=fault.jitter_ns))


def narrow_link(world: World, fault: faults.NarrowLink[Hosts]) -> Undo:
    matches = partitions.between(fault.link.first, fault.link.second)
    return Imposed(world, Condition(matches, bandwidth_bits_per_s=fault.bandwidth_bits_per_s))


def loss(world: World, fault: faults.Loss[Hosts]) -> Undo:
    return Imposed(world, Condition(_selected(fault), loss_ratio=fault.ratio))


def duplicate(world: World, fault: faults.Duplicate[Hosts]) -> Undo:
    return Imposed(world, Condition(_selected(fault), duplicate_ratio=fault.ratio))


def reorder(world: World, fault: faults.Reorder[Hosts]) -> Undo:
    return Imposed(world, Condition(_selected(fault), reorder_ratio=fault.ratio))


HANDLERS: dict[type, Handler] = {
    faults.Partition: lambda world, fault: _cut(world, partitions.split(fault.groups)),
    faults.OneWay: lambda world, fault: _cut(world, partitions.one_way(fault.source, fault.destination)),
    faults.Bridge: lambda world, fault: _cut(world, partitions.bridge(fault.over, fault.groups)),
    faults.Ring: lambda world, fault: _cut(world, partitions.ring(fault.hosts)),
    faults.Isolate: lambda world, fault: _cut(world, partitions.isolate(fault.hosts)),
    faults.BreakCable: Broken,
    faults.Flap: flap,
    faults.SlowLink: slow_link,
    faults.NarrowLink: narrow_link,
    faults.Loss: loss,
    faults.Duplicate: duplicate,
    faults.Reorder: reorder,
}
