"""Clients outside the swarm that send requests to a published port, evenly at a rate, and note what became of each."""

from collections.abc import Callable

from core.timing import SECOND
from core.trials.clients import Failure, Outcome, RequestSample, Why
from sim.world import World

Entry = Callable[[], str | None]
"""Names the host at which the next request enters; None = there is none."""


class TrafficClient:
    """Sends requests from its making until `stop`; every one is told to `took` once, as it ends."""

    def __init__(
        self,
        world: World,
        port: int,
        rate_per_s: float,
        entry: Entry,
        took: Callable[[RequestSample], None],
        timeout_ns: int = 2 * SECOND,
    ) -> None:
        if rate_per_s <= 0:
            raise ValueError(f"a rate of {rate_per_s} requests per second: use more than 0")
        self._world = world
        self._port = port
        self._rate_per_s = rate_per_s
        self._entry = entry
        self._took = took
        self._timeout_ns = timeout_ns
        self._began_at = world.now
        self._stopped = False
        self.sent_count = 0
        self._send()

    def stop(self) -> None:
        """Send no more; what is under way is still noted."""
        self._stopped = True

    def _send(self) -> None:
        if self._stopped:
            return
        self.sent_count += 1
        self._world.call_at(self._began_at + int(self.sent_count * SECOND / self._rate_per_s), self._send)
        started_at, name = self._world.now, self._entry()
        if name is None:
            self._took(RequestSample(started_at, 0, Outcome.REFUSED, "", Failure(Why.NO_HOST_UP)))
            return

        def done(outcome: Outcome, failure: Failure | None) -> None:
            self._took(RequestSample(started_at, self._world.now - started_at, outcome, name, failure))

        self._world.fabric.enter(self._world.machine(name), self._port, self._timeout_ns, done)
