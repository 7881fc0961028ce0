"""Takes down what happens in a world from time 0 on, for the recording."""

import re
from typing import Any

import msgspec

from core.timing import MS
from swarmsim.player.census import Census
from swarmsim.player.forwarding import ForwardingWatch
from swarmsim.recording import HostRecord, MessageCount, PowerSpan, RecordedFact, ServicePoint, TablePoint
from swarmsim.world import World

LOOK_NS = 20 * MS
"""Times of power and service changes are this exact,"""
COARSE_LOOK_NS = 200 * MS
"""or this, where the facts themselves are not wanted."""
_TELLS_OF_TABLES = frozenset({"EntriesCommitted", "RoutesProgrammed", "ContainerChanged", "PoweredOn", "PoweredOff"})
"""After these facts tables are looked at at once: what is wrong with them is often put right in a millisecond."""


class Recorder:
    """Starts with the world; `begin` says when time 0 is."""

    def __init__(self, world: World, facts: bool = True) -> None:
        """`facts` False leaves the facts out: for campaigns that want verdicts only."""
        self.census = Census(world)
        self._world = world
        self._keeps_facts = facts
        self._look_ns = LOOK_NS if facts else COARSE_LOOK_NS
        self._origin_ns = 0
        self._facts: list[tuple[int, str, Any]] = []
        self._news = True
        self._power: dict[str, list[tuple[str, int]]] = {}
        self._node_ids: dict[str, dict[str, None]] = {}
        self._roles: dict[str, str] = {}
        self._services: dict[str, ServicePoint] = {}
        self._points: list[ServicePoint] = []
        self._forwarding = ForwardingWatch(world)
        self._looks_at_tables_at: int | None = None
        self._sent_before = world.sent()
        world.observe(self._on_fact)

    def begin(self, origin_ns: int) -> None:
        """The story's time 0 is now, or was at `origin_ns`."""
        self._origin_ns = origin_ns
        self._sent_before = {host: dict(types) for host, types in self._world.sent().items()}
        if self._keeps_facts:
            self._look_at_tables()
        self._look()

    def facts(self, end_ns: int) -> tuple[RecordedFact, ...]:
        """Everything observed up to `end_ns`, in order."""
        return tuple(
            RecordedFact(at - self._origin_ns, host, kind_of(fact), plain(fact)) for at, host, fact in self._facts
        )

    def hosts(self, end_ns: int) -> tuple[HostRecord, ...]:
        """Every host with its life up to `end_ns`."""
        return tuple(self._host(host, end_ns) for host in self._world.hosts())

    @property
    def services(self) -> tuple[ServicePoint, ...]:
        """Every change of what a service is to have and has."""
        return tuple(self._points)

    @property
    def service_names(self) -> dict[str, str]:
        """The name of every service there ever was, by its id, in order of ids."""
        return dict(sorted(self.census.names.items()))

    @property
    def tables(self) -> tuple[TablePoint, ...]:
        """Every change of what is wrong with routing tables; none if facts are left out."""
        return tuple(self._forwarding.points)

    def messages(self) -> tuple[MessageCount, ...]:
        """What every host has sent since time 0."""
        counts = []
        for host, types in self._world.sent().items():
            before = self._sent_before.get(host, {})
            for name, (count, size) in sorted(types.items()):
                earlier_count, earlier_size = before.get(name, (0, 0))
                if count > earlier_count:
                    counts.append(MessageCount(host, name, count - earlier_count, size - earlier_size))
        return tuple(counts)

    def _on_fact(self, at_ns: int, host: str, fact: Any) -> None:
        if self._keeps_facts:
            self._facts.append((at_ns, host, fact))
            if type(fact).__name__ in _TELLS_OF_TABLES:
                self._look_at_tables_soon(at_ns)
        self._news = True

    def _look_at_tables_soon(self, at_ns: int) -> None:
        """Once all that happens at this instant has happened; nothing of before time 0 is wanted."""
        if self._forwarding.points and self._looks_at_tables_at != at_ns:
            self._looks_at_tables_at = at_ns
            self._world.look_at(at_ns, self._look_at_tables)

    def _look_at_tables(self) -> None:
        self._forwarding.look(self._world.now_ns - self._origin_ns)

    def _look(self) -> None:
        if self._news:
            self._news = False
            self._note_hosts()
            self._note_services()
            if self._keeps_facts:
                self._look_at_tables()
        self._world.look_at(self._world.now_ns + self._look_ns, self._look)

    def _note_hosts(self) -> None:
        now_ns = self._world.now_ns - self._origin_ns
        for host in self._world.hosts():
            power = self._world.power(host).value
            spans = self._power.setdefault(host, [])
            if not spans or spans[-1][0] != power:
                spans.append((power, now_ns))
            status = self._world.status(host)
            ids = self._node_ids.setdefault(host, {})
            ids.update(dict.fromkeys(each for each in (status.node_id, status.raft_id) if each))
            self._roles.setdefault(host, "manager" if host.startswith("m") else "worker")

    def _note_services(self) -> None:
        self.census.look()
        counts = self.census.counts()
        for name in [name for name in self._services if name not in counts]:
            counts[name] = (0, 0)
        for name, (desired, running) in counts.items():
            before = self._services.get(name)
            iteration = self.census.iterations.get(name, before.iteration if before is not None else None)
            if before is None or (before.desired, before.running, before.iteration) != (desired, running, iteration):
                at_ns = self._world.now_ns - self._origin_ns
                self._services[name] = ServicePoint(at_ns, name, desired, running, iteration)
                self._points.append(self._services[name])

    def _host(self, host: str, end_ns: int) -> HostRecord:
        spans = self._power.get(host, [])
        spans = [(name, from_ns) for name, from_ns in spans if from_ns <= end_ns]
        ends = [from_ns for _, from_ns in spans[1:]] + [end_ns]
        power = tuple(PowerSpan(name, from_ns, to_ns) for (name, from_ns), to_ns in zip(spans, ends, strict=True))
        status = self._world.status(host)
        ids = tuple(self._node_ids.get(host, {}))
        return HostRecord(host, status.rack, self._roles.get(host, ""), self._world.address(host), ids, power)


def kind_of(fact: Any) -> str:
    """The name of a fact's record in kebab case."""
    return re.sub(r"(?<=.)(?=[A-Z])", "-", type(fact).__name__).lower()


def plain(fact: Any) -> dict[str, Any]:
    """A fact's fields as plain values; enumerations by their names where numbers stand for an order."""
    return {name: _plain(getattr(fact, name)) for name in fact.__struct_fields__}


def _plain(value: Any) -> Any:
    if hasattr(value, "name") and hasattr(value, "value"):
        return value.value if isinstance(value.value, str) else value.name.lower()
    return msgspec.to_builtins(value, str_keys=True, enc_hook=lambda other: str(other))
