"""From the records on a disk to what a peer starts from; and what a reader of a damaged disk may believe."""

from typing import Any

import pytest

from core.durability import HeldBack, Tickets, Verdict, judge
from core.ids import Address, NodeId, Ticket
from core.raft.entries import LogEntry, NoopEntry
from core.raft.members import Member
from core.raft.records import (
    HardState,
    LogAppended,
    RaftDurable,
    Record,
    SnapshotChunk,
    SnapshotInstalled,
    SnapshotMeta,
)
from core.raft.recovery import InconsistentRecords, bootstrap, records_of, replay

MEMBERS = (Member(NodeId("a"), Address("h:1"), voter=True),)


def log(first_index: int, *terms: int) -> LogAppended[Any]:
    entries: list[LogEntry] = [NoopEntry(index, term, 1) for index, term in enumerate(terms, first_index)]
    return LogAppended(tuple(entries))


def snapshot(index: int, term: int, first_index: int) -> list[Record]:
    meta = SnapshotMeta(index, term, MEMBERS, 2)
    return [SnapshotChunk(index, 0, ()), SnapshotChunk(index, 1, "x"), SnapshotInstalled(meta, first_index)]


def terms(durable: RaftDurable) -> dict[int, int]:
    return {entry.index: entry.term for entry in durable.entries}


def test_an_append_replaces_the_suffix() -> None:
    assert terms(replay([log(1, 1, 1, 1), log(2, 3)])) == {1: 1, 2: 3}


def test_a_snapshot_has_no_effect_before_it_is_installed() -> None:
    records = [log(1, 1, 1, 1, 1), *snapshot(3, 1, first_index=3)]
    assert replay(records[:-1]).snapshot is None
    durable = replay(records)
    assert durable.snapshot is not None
    assert durable.snapshot.chunks == ((), "x")
    assert terms(durable) == {3: 1, 4: 1}


def test_a_log_that_contradicts_the_snapshot_is_dropped_whole() -> None:
    assert terms(replay([log(1, 1, 1, 1), *snapshot(2, 2, first_index=3)])) == {}
    assert terms(replay([log(1, 1), *snapshot(7, 1, first_index=8), log(8, 2)])) == {8: 2}


def test_a_half_written_snapshot_is_forgotten_when_another_begins() -> None:
    records = [log(1, 1, 1, 1), SnapshotChunk(2, 0, "half"), *snapshot(3, 1, first_index=3)]
    durable = replay(records)
    assert durable.snapshot is not None
    assert durable.snapshot.meta.index == 3


@pytest.mark.parametrize(
    "records",
    [
        [log(1, 1), log(3, 1)],
        [log(2, 1)],
        [HardState(term=3), HardState(term=2)],
        [SnapshotChunk(3, 1, "x")],
        [SnapshotChunk(3, 0, "x"), SnapshotInstalled(SnapshotMeta(3, 1, MEMBERS, 2), 4)],
        [*snapshot(3, 1, first_index=4), log(9, 1)],
    ],
)
def test_what_no_peer_wrote_is_refused(records: list[Record]) -> None:
    with pytest.raises(InconsistentRecords):
        replay(records)


@pytest.mark.parametrize(
    "records",
    [
        [],
        list(bootstrap(MEMBERS)),
        [HardState(5, NodeId("a"), 2), log(1, 1, 1, 1, 1), *snapshot(3, 1, first_index=2)],
        [*snapshot(3, 1, first_index=4), log(4, 2)],
    ],
)
def test_the_shortest_records_replay_to_the_same(records: list[Record]) -> None:
    durable = replay(records)
    assert replay(records_of(durable)) == durable


@pytest.mark.parametrize(
    ("readable", "synced_count", "verdict", "kept"),
    [
        ([True, True], 2, Verdict.INTACT, 2),
        ([], 0, Verdict.INTACT, 0),
        ([True, True, False], 2, Verdict.TORN, 2),
        ([True, False, False], 1, Verdict.TORN, 1),
        ([True, False, True], 1, Verdict.CORRUPT, 1),
        ([True, False], 2, Verdict.CORRUPT, 1),
        ([True], 2, Verdict.CORRUPT, 1),
    ],
)
def test_a_torn_end_is_cut_and_corruption_is_told(
    readable: list[bool], synced_count: int, verdict: Verdict, kept: int
) -> None:
    assert judge(readable, synced_count) == (verdict, kept)


def test_held_back_effects_leave_in_order_once_durable() -> None:
    tickets, held, out = Tickets(), HeldBack[str](), list[str]()
    first, second = tickets.draw(), tickets.draw()
    held.hold(second, "b")
    held.hold(first, "c")  # Held later, so it leaves later, whatever it waits for.
    held.release(first, out)
    assert out == []
    held.release(second, out)
    assert out == ["b", "c"]
    assert len(held) == 0
    held.hold(Ticket(9), "d")
    held.drop_all()
    held.release(Ticket(9), out)
    assert out == ["b", "c"]
