"""Client sessions: each request is applied once, however often it is proposed (Raft dissertation §6.3).

Theory of operation. A session belongs to a member that takes clients' requests, in one of its incarnations. It exists
while the log's committed membership has that member. The table is part of the replicated state: what it decides depends
on the log alone. A result is kept until the origin says, in a later command's stamp, that nobody waits for it any more;
since an origin bounds how far its sequence numbers run ahead of the oldest one it waits for, the table is bounded.
Commands of an older incarnation, of a forgotten sequence, or of someone who is no member are passed over.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from msgspec import Struct

from core.ids import NodeId
from core.raft.effects import Applied
from core.raft.entries import CommandEntry, Stamp
from core.raft.members import Members

ValueT = TypeVar("ValueT")


class SessionImage(Struct, Generic[ValueT], frozen=True, gc=False, array_like=True):
    """One session as a snapshot holds it."""

    origin: NodeId
    incarnation: int
    settled_below: int
    results: tuple[tuple[int, Applied[ValueT]], ...]


SessionTable = tuple[SessionImage[Any], ...]
"""The first chunk of every snapshot."""


class _Session:
    __slots__ = ("incarnation", "results", "settled_below")

    def __init__(self, incarnation: int, settled_below: int, results: dict[int, Applied[Any]]) -> None:
        self.incarnation = incarnation
        self.settled_below = settled_below
        self.results = results

    def settle(self, below: int) -> None:
        forget_settled(self.results, self.settled_below, below)
        self.settled_below = below


def forget_settled(by_sequence: dict[int, Any], settled_below: int, below: int) -> None:
    """Remove the sequences under `below`; those under `settled_below` are gone already. Most often that is one."""
    if below == settled_below + 1:
        by_sequence.pop(settled_below, None)
    elif below - settled_below <= len(by_sequence):
        for sequence in range(settled_below, below):
            by_sequence.pop(sequence, None)
    else:
        for sequence in [old for old in by_sequence if old < below]:
            del by_sequence[sequence]


class Sessions:
    """The table of sessions, as of the last applied entry."""

    __slots__ = ("_by_origin",)

    def __init__(self) -> None:
        self._by_origin: dict[NodeId, _Session] = {}

    def retain(self, members: Members) -> None:
        """A committed membership: sessions of others end, those of new members begin."""
        current = self._by_origin
        self._by_origin = {member.id: current.get(member.id) or _Session(0, 0, {}) for member in members}

    def apply(self, entry: CommandEntry[Any], stamp: Stamp, apply: Callable[[int, Any], Any]) -> Applied[Any] | None:
        """Apply a stamped command unless it was applied before; its result then and now, None if it must not count."""
        session = self._by_origin.get(stamp.origin)
        if session is None:
            return None
        if stamp.incarnation != session.incarnation:
            if stamp.incarnation < session.incarnation:
                return None
            session = self._by_origin[stamp.origin] = _Session(stamp.incarnation, 0, {})
        if stamp.settled_below > session.settled_below:
            session.settle(stamp.settled_below)
        sequence = stamp.sequence
        if sequence < session.settled_below:
            return None
        result = session.results.get(sequence)
        if result is None:
            result = Applied(entry.index, apply(entry.index, entry.command))
            session.results[sequence] = result
        return result

    def is_current(self, origin: NodeId, incarnation: int) -> bool:
        """Whether a command of that session could still count."""
        session = self._by_origin.get(origin)
        return session is not None and session.incarnation <= incarnation

    def result_of(self, origin: NodeId, incarnation: int, sequence: int) -> Applied[Any] | None:
        """The result of a request that was applied and is not yet settled."""
        session = self._by_origin.get(origin)
        if session is None or session.incarnation != incarnation:
            return None
        return session.results.get(sequence)

    def image(self) -> SessionTable:
        """The table as a snapshot holds it."""
        return tuple(
            SessionImage(origin, session.incarnation, session.settled_below, tuple(session.results.items()))
            for origin, session in self._by_origin.items()
        )

    def restore(self, table: SessionTable) -> None:
        """Replace the table by a snapshot's."""
        self._by_origin = {
            image.origin: _Session(image.incarnation, image.settled_below, dict(image.results)) for image in table
        }
