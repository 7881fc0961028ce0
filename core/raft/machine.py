"""The replicated state machine as a Raft peer sees it: called inline, in the step that commits, reads or proposes."""

from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

ErrorT = TypeVar("ErrorT")


class Accepted(Struct, frozen=True, gc=False):
    """`command` goes into the log; it has an attribute `size`, its encoded length in bytes."""

    command: Any


class Rejected(Struct, Generic[ErrorT], frozen=True, gc=False, array_like=True, tag=True):
    """The request cannot be carried out, and why; nothing was changed."""

    error: ErrorT


class Retention(Struct, frozen=True, gc=False):
    """How much of the log is kept."""

    snapshot_entries_count: int
    """A snapshot is taken once this many entries were applied since the last; at least 1."""
    log_tail_count: int
    """Entries kept up to a snapshot's index, so that a follower a little behind needs no snapshot; at least 1."""


class Command(Protocol):
    """Any immutable object that knows its encoded size."""

    @property
    def size(self) -> int:
        """Bytes, for flow control."""


class StateMachine(Protocol):
    """What a peer asks of the state machine it replicates. Nothing here may fail: a refusal is a result."""

    @property
    def retention(self) -> Retention | None:
        """What the applied state says of how much log to keep; None if it says nothing."""

    def lead(self, now: int) -> bool:
        """This peer leads, and everything committed before is applied: tentative state is made afresh from it.

        A bounded part of that in each step, until the answer is that it is ready. Until then nothing is evaluated, so
        that nothing new can be committed, and clients wait as they do for the leader's first entry.
        """

    def unlead(self) -> None:
        """This peer leads no longer: tentative state is dropped, as far as it was made. Never without `lead`."""

    def evaluate(self, now: int, index: int, request: Any) -> Accepted | Rejected[Any]:
        """Turn a client's request into a command for the log at `index` (only while leading).

        Judged on tentative state, which an accepted command enters at once. A rejection reaches the client only when
        all it was judged on is committed.
        """

    def apply(self, index: int, command: Any) -> Any:
        """Carry out a committed command; the result, immutable, is the same on every peer. Indexes only ever rise."""

    def query(self, request: Any) -> Any:
        """Answer a read from applied state."""

    def snapshot(self) -> tuple[Any, ...]:
        """The applied state as immutable chunks of bounded size; cheap, since chunks may share what they hold."""

    def restore(self, chunks: tuple[Any, ...]) -> None:
        """Replace all state by a snapshot's. Called while not leading."""
