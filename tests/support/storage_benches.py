"""The simulated and the real storage behind one face, so that one contract suite runs over both."""

import asyncio
from pathlib import Path
from random import Random
from typing import Protocol

import pytest
from forgetful_disk import ForgetfulDisk
from patience import until

import real.storage
from core.durability import Persist, Persisted, Stream
from core.durable import HostDurable
from core.events import Event, PersistFailed
from core.ids import Ticket
from core.raft.records import HardState
from core.timing import MS, SECOND
from real.storage import Storage
from sim.disk import Disk, DiskProfile
from sim.loop import Loop


class StorageBench(Protocol):
    """A storage with a listening daemon. Terms 1, 2, 3, ... are written under tickets of the same number."""

    heard: list[Event]

    def persist(self, effect: Persist) -> None:
        """Give an effect to the port, and let no time pass."""

    def settle(self) -> None:
        """Wait until every write given so far is reported."""

    def lose_power(self) -> HostDurable:
        """The power fails in the midst of whatever is under way; what a new life then starts from."""

    def break_down(self) -> None:
        """From here on no write succeeds."""


def write(bench: StorageBench, *numbers: int) -> None:
    """Write these terms."""
    for number in numbers:
        bench.persist(Persist(Ticket(number), Stream.HARD_STATE, HardState(term=number)))


def promised(bench: StorageBench) -> int:
    """The highest ticket reported as durable."""
    return max((event.ticket for event in bench.heard if isinstance(event, Persisted)), default=0)


def failed(bench: StorageBench) -> list[int]:
    """Tickets reported as failed."""
    return [event.ticket for event in bench.heard if isinstance(event, PersistFailed)]


class SimulatedStorage:
    """`sim.disk.Disk`."""

    def __init__(self, seed: int) -> None:
        self.heard: list[Event] = []
        self._loop = Loop(seed)
        self._rng = Random(seed)
        self._disk = Disk(self._loop, DiskProfile(), self._rng, lambda fact: None)
        self._disk.read()

    def persist(self, effect: Persist) -> None:
        self._disk.persist(effect, self.heard.append)

    def settle(self) -> None:
        self._loop.run_until(self._loop.now + SECOND)

    def lose_power(self) -> HostDurable:
        self._loop.run_until(self._loop.now + self._rng.randrange(2 * MS))
        self._disk.power_lost()
        return self._disk.read().replayed()

    def break_down(self) -> None:
        self._disk.fails = True


class _FailingDisk(ForgetfulDisk):
    def fail_after(self, operation_count: int) -> None:
        self._left = operation_count


class RealStorage:
    """`real.storage.Storage` on a disk that forgets what was not synced."""

    def __init__(self, seed: int, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.heard: list[Event] = []
        self._directory = directory
        self._monkeypatch = monkeypatch
        self._rng = Random(seed)
        self._loop = asyncio.new_event_loop()
        self._given: list[int] = []
        self._start()

    def _start(self) -> HostDurable:
        self._disk = _FailingDisk()
        self._monkeypatch.setattr(real.storage, "os", self._disk)
        self._storage = Storage(self._directory)
        return self._storage.recover()

    def persist(self, effect: Persist) -> None:
        self._given.append(effect.ticket)

        async def give() -> None:
            self._storage.persist(effect, self.heard.append)

        self._loop.run_until_complete(give())

    def settle(self) -> None:
        def reported() -> bool:
            return all(ticket <= promised(self) or ticket in failed(self) for ticket in self._given)

        self._loop.run_until_complete(until(reported))

    def lose_power(self) -> HostDurable:
        self._disk.fail_after(self._rng.randrange(4))
        heard_count = len(self.heard)
        self.settle()
        self.heard[heard_count:] = [event for event in self.heard[heard_count:] if isinstance(event, Persisted)]
        self._given.clear()
        self._disk.crash()
        return self._start()

    def break_down(self) -> None:
        self._disk.fail_after(0)

    def close(self) -> None:
        """Give everything back."""
        self._disk.crash()
        self._loop.close()
