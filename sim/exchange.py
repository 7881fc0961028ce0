"""One request to one container, and the leg of its way that leads there."""

from collections.abc import Callable
from typing import Final

from core.ids import NetworkId
from core.trials.clients import Failure, Outcome, Why
from sim.container import Container
from sim.loop import Loop
from sim.machine import Machine
from sim.visits import Answer, Visited

NO_NETWORK: Final = NetworkId("")
"""Where a host-mode port is: on its machine, with no overlay between."""
UNDER_WAY: Final = Failure(Why.UNDER_WAY)

Done = Callable[[Outcome, Failure | None], None]
"""Told once what became of a request, and where on its way it failed, if it did."""


class Exchange:
    """One request to one container and its answer; ends once, at its deadline at the latest."""

    __slots__ = ("_done", "finished", "path", "served_by", "stage")

    def __init__(self, loop: Loop, timeout_ns: int, done: Done, path: str = "/") -> None:
        self._done = done
        self.path = path
        self.served_by: tuple[Container, Machine, str] | None = None
        """Who answered it well, on which machine, and the address asked; not the leg, which would make a cycle."""
        self.finished = False
        self.stage = UNDER_WAY
        """What it has met last, for the case that time runs out."""
        loop.call_after(timeout_ns, self._expire)

    def end(self, outcome: Outcome, failure: Failure | None = None) -> None:
        """The request has come to this."""
        if not self.finished:
            self.finished = True
            self._done(outcome, failure)

    def _expire(self) -> None:
        self.end(Outcome.TIMEOUT, self.stage)


class Visit(Exchange):
    """One whose end is told with the answer."""

    __slots__ = ("_began_at", "_loop", "_visited")

    def __init__(self, loop: Loop, timeout_ns: int, visited: Callable[[Visited], None], path: str = "/") -> None:
        super().__init__(loop, timeout_ns, self._conclude, path)
        self._loop = loop
        self._began_at = loop.now
        self._visited = visited

    def _conclude(self, outcome: Outcome, failure: Failure | None) -> None:
        answer = None
        if outcome is Outcome.OK and self.served_by is not None:
            container, machine, address = self.served_by
            answer = Answer(container.name, container.hostname, address, machine.name)
        self._visited(Visited(outcome, self._loop.now - self._began_at, answer, failure))


class Leg:
    """From the machine that asks to the container that answers, on one network. `port` None = where it listens."""

    __slots__ = (
        "address",
        "done",
        "exchange",
        "is_local",
        "network_id",
        "own_address",
        "port",
        "source",
        "target",
    )

    def __init__(
        self, exchange: Exchange, source: Machine, network_id: NetworkId, port: int | None, done: Done
    ) -> None:
        self.exchange = exchange
        self.source = source
        self.target = source
        self.network_id = network_id
        self.port = port
        self.address = ""
        self.own_address = ""
        self.is_local = False
        """A container asks itself."""
        self.done = done
