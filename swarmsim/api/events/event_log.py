"""The last events that one host has learned of, and whoever follows them."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from core.store import Changed
from swarmsim.api.events.event import Event, container_event, event_of
from swarmsim.containers import ContainerEvent, EngineWorld

KEPT: Final = 256
"""As many as Docker keeps for who asks later."""
WAITING: Final = 1024
"""A follower who leaves more than this unread has lost touch, and is told no more."""


class Follower:
    """Events in order, as long as it keeps up."""

    def __init__(self) -> None:
        self.listens = True
        """Until it has gone."""
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()

    def tell(self, event: Event) -> None:
        """One more; the end, if it has left too much unread."""
        if self._queue.qsize() < WAITING:
            self._queue.put_nowait(event)
        elif self._queue.qsize() == WAITING:
            self.end()

    def end(self) -> None:
        """There will be no more."""
        self._queue.put_nowait(None)

    async def next(self) -> Event | None:
        """The next one; None when there will be no more."""
        return await self._queue.get()


class EventLog:
    """Begins when it is made, ends with `close`."""

    def __init__(self, world: EngineWorld, host: str) -> None:
        self.recent: deque[Event] = deque(maxlen=KEPT)
        self._world = world
        self._host = host
        self._followers: list[Follower] = []
        self._undos = (world.watch_store(host, self._changed), world.engine(host).watch(self._happened))

    def close(self) -> None:
        """Nothing more is learned."""
        for undo in self._undos:
            undo()

    @contextmanager
    def followed(self) -> Iterator[Follower]:
        """Everything that happens within the block."""
        follower = Follower()
        self._followers.append(follower)
        try:
            yield follower
        finally:
            follower.listens = False
            self._followers.remove(follower)

    def _changed(self, changes: Sequence[Changed]) -> None:
        now = self._world.wall_ns(self._host)
        for change in changes:
            event = event_of(change, now)
            if event is not None:
                self._tell(event)

    def _happened(self, event: ContainerEvent) -> None:
        self._tell(container_event(event, self._world.wall_ns(self._host)))

    def _tell(self, event: Event) -> None:
        self.recent.append(event)
        for follower in self._followers:
            follower.tell(event)
