"""One message at a time to one agent, repeated until the agent says it has it."""

from typing import Final, Generic, TypeVar

from core.backoff import Backoff
from core.timing import DispatcherTiming

MessageT = TypeVar("MessageT")

_FIRST_WAIT_FACTOR: Final = 4
"""The first wait for an acknowledgement, in least back-offs:

it takes a disk write as well as the way there and back.
"""


class Courier(Generic[MessageT]):
    """`message` is the one under way; `due_at` is when to send it again, or when the next one may be made."""

    __slots__ = ("_backoff", "due_at", "message")

    def __init__(self, timing: DispatcherTiming) -> None:
        first_wait_ns = min(_FIRST_WAIT_FACTOR * timing.backoff_min_ns, timing.backoff_max_ns)
        self._backoff = Backoff(first_wait_ns, timing.backoff_max_ns)
        self.message: MessageT | None = None
        self.due_at: int | None = None

    def wish(self, at: int) -> None:
        """There is something to say from this time on; it waits for the message under way."""
        if self.message is None and self.due_at is None:
            self.due_at = at

    def is_due(self, now: int) -> bool:
        """Whether a message is to be made, or sent again."""
        return self.due_at is not None and self.due_at <= now

    def sent(self, now: int, message: MessageT) -> None:
        """This message goes out, for the first time or again."""
        self.message = message
        self.due_at = now + self._backoff.next_ns()

    def nothing_to_say(self) -> None:
        """It turned out so when the message was to be made."""
        self.due_at = None

    def delivered(self) -> None:
        """The agent has the message under way."""
        self.message = None
        self.due_at = None
        self._backoff.reset()

    def failed(self, now: int) -> None:
        """The agent has the message and could make nothing of it: another one after a while."""
        self.message = None
        self.due_at = now + self._backoff.next_ns()
