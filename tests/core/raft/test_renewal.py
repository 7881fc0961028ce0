"""A group begun anew by one member: all its log is kept, under numbers that no word of the old group reaches."""

from random import Random
from typing import Any

import pytest
from raft_registers import Put, Registers

from core.ids import Address, NodeId
from core.raft.effects import Applied
from core.raft.entries import CommandEntry, LogEntry, MembershipEntry, NoopEntry, Stamp
from core.raft.members import Member
from core.raft.records import HardState, RaftDurable, Snapshot, SnapshotMeta
from core.raft.recovery import records_of, replay
from core.raft.renewal import GROUP_SPAN, group_of, next_beginning, renewed
from core.raft.sessions import SessionImage

OLD, NEW = (NodeId(name) for name in ("old", "new"))
MEMBERS = tuple(Member(NodeId(name), Address(f"{name}:1"), voter=True) for name in ("old", "b", "c"))
ALONE = Member(NEW, Address("old:1"), voter=True)


def put(index: int, key: str, value: int, sequence: int | None = None) -> CommandEntry[Any]:
    stamp = Stamp(OLD, 1, sequence, 0) if sequence is not None else None
    return CommandEntry(index, 3, 10, Put(key, value), stamp)


def begin(durable: RaftDurable) -> tuple[RaftDurable, Registers, list[int]]:
    machine = Registers()
    concluded: list[int] = []
    return renewed(durable, ALONE, GROUP_SPAN, machine, concluded.append), machine, concluded


def test_the_whole_log_counts_whether_or_not_it_was_known_to_be_committed() -> None:
    entries: tuple[LogEntry, ...] = (
        MembershipEntry(1, 1, 10, MEMBERS),
        NoopEntry(2, 2, 1),
        put(3, "x", 1),
        put(4, "y", 2, sequence=0),
        put(5, "y", 9, sequence=0),
    )
    durable, machine, concluded = begin(RaftDurable(HardState(4, NodeId("b"), 7), None, entries))
    assert machine.committed == {"x": 1, "y": 2}, "a request that is in the log twice is carried out once"
    assert concluded == [GROUP_SPAN]
    assert durable.hard_state == HardState(GROUP_SPAN, None, 7)
    assert durable.entries == ()
    assert durable.snapshot is not None
    meta = durable.snapshot.meta
    assert (meta.index, meta.term, meta.members) == (GROUP_SPAN, GROUP_SPAN, (ALONE,))


def test_it_goes_on_from_the_snapshot_and_what_the_log_has_besides() -> None:
    machine = Registers()
    machine.committed = {"x": 1}
    table = (SessionImage(OLD, 1, 0, ((0, Applied(2, None)),)),)
    chunks = (table, *machine.snapshot())
    snapshot = Snapshot(SnapshotMeta(3, 2, MEMBERS, len(chunks)), chunks)
    entries = (NoopEntry(2, 2, 1), NoopEntry(3, 2, 1), put(4, "y", 5, sequence=0), put(5, "z", 6, sequence=1))
    _, machine, _ = begin(RaftDurable(HardState(2), snapshot, entries))
    assert machine.committed == {"x": 1, "z": 6}, "the snapshot's sessions know sequence 0"


def test_nobody_else_s_session_goes_on() -> None:
    durable, _, _ = begin(RaftDurable(HardState(2), None, (MembershipEntry(1, 1, 10, MEMBERS),)))
    assert durable.snapshot is not None
    assert [image.origin for image in durable.snapshot.chunks[0]] == [NEW]


def test_what_was_written_before_is_taken_as_it_is() -> None:
    durable, _, _ = begin(RaftDurable(HardState(2), None, (put(1, "x", 1),)))
    again, machine, concluded = begin(replay(records_of(durable)))
    assert again == durable
    assert (machine.committed, concluded) == ({}, [])


@pytest.mark.parametrize("last_index", [0, 5, GROUP_SPAN, 3 * GROUP_SPAN - 1])
def test_each_group_begins_beyond_all_that_the_one_before_can_reach(last_index: int) -> None:
    beginnings = [next_beginning(last_index, Random(seed)) for seed in range(100)]
    for beginning in beginnings:
        assert group_of(beginning - 1) >= group_of(last_index)
        assert group_of(beginning) == group_of(beginning + GROUP_SPAN - 1) > group_of(last_index)
        assert beginning % GROUP_SPAN == 0


def test_two_groups_that_follow_the_same_one_have_no_number_in_common() -> None:
    groups = [group_of(next_beginning(5, Random(seed))) for seed in range(100)]
    assert len(set(groups)) == 100


def test_numbers_last_for_thousands_of_beginnings() -> None:
    index, rng = 5, Random(1)
    for _ in range(9_000):
        index = next_beginning(index, rng)
    assert index + GROUP_SPAN < 2**63
