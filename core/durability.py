"""What a host promises and what its disk has: tickets of writes, and promises held back until they are true.

Theory of operation. Everything a host writes leaves its machine as `Persist` effects, which form one FIFO: the driver
writes them in the order of their tickets, so that a crash leaves a prefix of them. `Persisted(ticket)` says that this
write and all before it would survive a crash. A machine whose message or reply promises something holds it in
`HeldBack` under the ticket of the write that makes it true. Reading the writes back after a crash, `judge` tells a torn
last write, which is cut, from corruption, after which a host's promises can no longer be trusted.
"""

from collections import deque
from collections.abc import Sequence
from enum import Enum
from typing import Any, Generic, TypeVar

from msgspec import Struct

from core.ids import Ticket

EffectT = TypeVar("EffectT")

NO_TICKET = Ticket(0)
"""Comes before every ticket that is drawn: always durable."""


class Stream(Enum):
    """The typed streams that share a host's one FIFO of writes."""

    HARD_STATE = "hard-state"
    LOG = "log"
    SNAPSHOT = "snapshot"
    IDENTITY = "identity"
    AGENT = "agent"


class Persist(Struct, frozen=True, gc=False):
    """Effect: append `record` to the host's FIFO and report `Persisted(ticket)` once it would survive a crash."""

    ticket: Ticket
    stream: Stream
    record: Any


class Persisted(Struct, frozen=True, gc=False):
    """Event: the write of `ticket`, and every write with a lower ticket, would survive a crash."""

    ticket: Ticket


class Tickets:
    """The one counter of a host from which all its machines draw, since their writes form one FIFO."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = 0

    def draw(self) -> Ticket:
        """A ticket higher than any drawn before."""
        self._last += 1
        return Ticket(self._last)


class HeldBack(Generic[EffectT]):
    """Effects whose promise becomes true with a write that is not yet durable, in the order of their tickets."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: deque[tuple[Ticket, EffectT]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def hold(self, ticket: Ticket, effect: EffectT) -> None:
        """Keep `effect` until `ticket` is durable; never released before an effect that was held earlier."""
        if self._waiting and self._waiting[-1][0] > ticket:
            ticket = self._waiting[-1][0]
        self._waiting.append((ticket, effect))

    def release(self, persisted: Ticket, into: list[EffectT]) -> None:
        """Append to `into` every effect whose ticket `persisted` covers, in the order in which they were held."""
        waiting = self._waiting
        while waiting and waiting[0][0] <= persisted:
            into.append(waiting.popleft()[1])

    def drop_all(self) -> None:
        """Forget every effect held: what they promise is no longer wanted."""
        self._waiting.clear()


class Verdict(Enum):
    """What a reader of the FIFO after a crash may believe."""

    INTACT = "intact"
    TORN = "torn"
    CORRUPT = "corrupt"


def judge(readable: Sequence[bool], synced_count: int) -> tuple[Verdict, int]:
    """Judge the records read back after a crash: whether each is readable, in order of writing.

    `synced_count` is the number of records known to have been synced, from a mark kept in a second place. Returns the
    verdict and how many records to keep. A bad record below the mark, or followed by a good one, was once whole:
    corruption, and the host's vote is no longer to be trusted. Bad records at the end above the mark were being
    written: torn, and cut.
    """
    bad_at = next((position for position, good in enumerate(readable) if not good), len(readable))
    if bad_at < synced_count or any(readable[bad_at:]):
        return Verdict.CORRUPT, bad_at
    if bad_at < len(readable):
        return Verdict.TORN, bad_at
    return Verdict.INTACT, bad_at
