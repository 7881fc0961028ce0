"""A group begun anew by one of its members alone, for when a majority is lost for good. Pure functions.

Theory of operation. Raft has no way to go on without a majority: whoever does so all the same gives up its promise that
what was acknowledged is kept. The one that begins anew takes its whole log for committed, since it may hold the last
copy of what was; nobody who has less may overrule it. It becomes the only member of a new group, under a new id, by a
snapshot of all that; so nothing of the old group's log, votes or sessions counts any more.

Two groups may then meet: members of the old one that come back do not know that it has ended, and may even be a
majority of it; or two members have begun anew, apart from each other. Groups are kept apart by numbers. The logs and
the terms of group n begin at n times `GROUP_SPAN`, beyond all that the one before can reach. How many numbers are
skipped is drawn at random, so two groups that followed the same one differ as well, and the higher one counts. So
whoever compares indexes, versions or terms of two groups finds one ahead, without knowing of groups; and no two leaders
ever have one term. Two draws are the same once in `SKIPPED_MAX` times: then two groups that meet stay two.
"""

from collections.abc import Callable
from random import Random
from typing import Final

from core.raft.entries import CommandEntry, MembershipEntry
from core.raft.machine import StateMachine
from core.raft.members import Member
from core.raft.records import HardState, RaftDurable, Snapshot, SnapshotMeta
from core.raft.sessions import Sessions

GROUP_SPAN: Final = 10**9
"""So many indexes, and terms, belong to one group: decimal, so that people can read them.

A log that grows beyond goes on among numbers that were skipped.
"""
SKIPPED_MAX: Final = 10**6
"""Between two groups that follow each other. So 9,000 at least follow each other below 2**63."""


def group_of(index: int) -> int:
    """Which group an index, or a term, belongs to; 0 for one that was never begun anew."""
    return index // GROUP_SPAN


def next_beginning(last_index: int, rng: Random) -> int:
    """Where a group after the one of this index begins."""
    return (group_of(last_index) + 1 + rng.randrange(SKIPPED_MAX)) * GROUP_SPAN


def renewed(
    durable: RaftDurable, member: Member, index: int, machine: StateMachine, conclude: Callable[[int], None]
) -> RaftDurable:
    """What the one member of a new group starts from. Takes as long as applying the log does.

    `machine` is in its initial state; `conclude` gives it a last word at `index`, the `next_beginning`.
    """
    if durable.snapshot is not None and durable.snapshot.meta.index == index:
        return durable  # it was written before, but not that it was
    sessions = _apply_all(durable, machine)
    conclude(index)
    sessions.retain((member,))
    chunks = (sessions.image(), *machine.snapshot())
    snapshot = Snapshot(SnapshotMeta(index, index, (member,), len(chunks)), chunks)
    return RaftDurable(HardState(index, None, durable.hard_state.incarnation), snapshot)


def _apply_all(durable: RaftDurable, machine: StateMachine) -> Sessions:
    """Carry out everything that the log holds."""
    sessions = Sessions()
    applied_index = 0
    if durable.snapshot is not None:
        sessions.restore(durable.snapshot.chunks[0])
        machine.restore(durable.snapshot.chunks[1:])
        applied_index = durable.snapshot.meta.index
    for entry in durable.entries:
        if entry.index <= applied_index:
            continue
        if type(entry) is MembershipEntry:
            sessions.retain(entry.members)
        elif type(entry) is CommandEntry:
            if entry.stamp is None:
                machine.apply(entry.index, entry.command)
            else:
                sessions.apply(entry, entry.stamp, machine.apply)
    return sessions
