"""The shape of a check: it is told facts, looks at the world now and then, and says what was wrong first.

A check never changes a world and never draws from its chance, so that a run is the same with and without it. What it
judges is kept apart from where it looks: each check has a method that takes plain records, which its tests feed with
histories made by hand.
"""

from collections.abc import Mapping
from typing import ClassVar

from msgspec import Struct

from core.store import Store
from swarmsim.world import AppliedListener, FactListener, RaftListener, World


class Violation(Struct, frozen=True, gc=False):
    """The first breach that a check saw."""

    check: str
    at_ns: int
    detail: str


class Check:
    """One property that holds in every run."""

    name: ClassVar[str]

    def __init__(self) -> None:
        self.checked_count = 0
        self.violation: Violation | None = None

    def handlers(self) -> Mapping[type, FactListener]:
        """Which facts it wants to be told of. Writers' and clients' samples come the same way."""
        return {}

    def raft_listener(self) -> RaftListener | None:
        """What is to be told every step of every Raft member; it costs time."""
        return None

    def applied_listener(self) -> AppliedListener | None:
        """What is to be told every command that a host applies."""
        return None

    def sample(self, world: World) -> None:
        """Look at the world: called every so often, and not at all while nothing happens."""

    def finish(self, world: World) -> None:
        """The run is over: look for the last time."""
        self.sample(world)

    def remark(self) -> str:
        """What a reader should know of how much was looked at; empty if there is nothing to say."""
        return ""

    def fail(self, at_ns: int, detail: str) -> None:
        """Report a breach; the first one counts."""
        if self.violation is None:
            self.violation = Violation(self.name, at_ns, detail)

    def expect(self, holds: bool, at_ns: int, detail: str) -> None:
        """Count one judgement, and report a breach unless it `holds`."""
        self.checked_count += 1
        if not holds:
            self.fail(at_ns, detail)


def living_managers(world: World) -> list[str]:
    """Hosts that have a store to look at, in order."""
    return [host for host in world.hosts() if world.store(host) is not None]


def furthest_store(world: World) -> Store | None:
    """The store of the living manager that has applied most, whoever leads; None if none lives."""
    stores = [store for host in world.hosts() if (store := world.store(host)) is not None]
    return max(stores, key=lambda store: store.index, default=None)
