"""What the simulator drives: the shape of a host machine, and how a machine gets one from its disk."""

from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from msgspec import Struct

from core.durability import Stream, Verdict
from core.durable import HostDurable, replay
from core.effects import Effect
from core.events import Event
from core.host import Host
from core.ids import Address


class HostLike(Protocol):
    """`core.host.Host`, and the small scripted hosts of tests."""

    def step(self, now: int, event: Event) -> list[Effect]: ...

    def deadline(self) -> int | None: ...

    def check_invariants(self, full: bool = False) -> None: ...


class Recovered(Struct, frozen=True, gc=False):
    """What a machine's disk gave back at a start: the records to believe, in order of writing, and how it looked.

    After `CORRUPT`, `writes` are those that can still be read, and the host's vote is no longer to be trusted.
    """

    writes: tuple[tuple[Stream, Any], ...]
    verdict: Verdict
    membership_count: int = 0
    """That of the newest identity ever synced, from a mark kept in a second place."""

    def replayed(self) -> HostDurable:
        """What a host starts from."""
        return replay(self.writes, self.verdict is Verdict.CORRUPT, self.membership_count)


class Start(Struct, frozen=True):
    """All that a host is given when its daemon starts. `now` is this start's monotonic nanoseconds."""

    name: str
    address: Address
    recovered: Recovered
    rng: Random
    now: int
    settings: Any
    """What the world's configuration says about hosts; the simulator hands it on unread."""


Recover = Callable[[Start], HostLike]
"""Makes a host from its disk: the first start, a restart and the recovery after a crash are one and the same."""


def recover_swarm_host(start: Start) -> Host:
    """The `Recover` of every world but those of small tests: `settings` is the host's `HostConfig`."""
    return Host.recover(start.settings, start.recovered.replayed(), start.rng, start.now)
