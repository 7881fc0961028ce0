"""Whatever the moment of a crash, a journal gives back every group that was reported durable, and nothing invented."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.codec import wire
from core.codec.journal import frame
from core.compaction import Write, compacted
from core.durability import Stream
from core.durable import HostDurable, Identity, replay
from core.ids import NodeId
from core.journal import JOURNAL, MARK, FileOperation, Journal, RenameFile, SyncFile, WriteFile
from core.raft.records import HardState, SnapshotChunk, SnapshotInstalled, SnapshotMeta
from core.store import StoreChunk


class ForgetfulFiles:
    """Files in memory; `crash` keeps of what was not synced only what the test says: any prefix of the last write."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.synced: dict[str, bytes] = {}

    def perform(self, operation: FileOperation) -> None:
        match operation:
            case WriteFile(name, offset, data):
                self.content[name] = self.content.get(name, b"")[:offset] + data
            case SyncFile(name):
                self.synced[name] = self.content[name]
            case RenameFile(name, to):
                self.content[to] = self.content.pop(name)
                self.synced[to] = self.synced.pop(name, b"")

    def crash(self, kept: float = 0.0) -> None:
        """The machine loses power: files fall back to what was synced, plus this part of what was appended since."""
        for name, content in self.content.items():
            base = self.synced.get(name, b"")
            appended = content[len(base) :] if name == JOURNAL and content.startswith(base) else b""
            self.synced[name] = base + appended[: int(kept * len(appended))]
        self.content = dict(self.synced)

    def open(self, rewrite_bytes: int = 1_000) -> Journal:
        return Journal(self.content.get(JOURNAL, b""), self.content.get(MARK, b""), rewrite_bytes)


META = SnapshotMeta(index=5, term=1, members=(), chunk_count=2)


def chunk(number: int) -> Write:
    return (Stream.SNAPSHOT, SnapshotChunk(5, number, StoreChunk(5, ())))


def hard_states(first: int, count: int) -> list[Write]:
    return [(Stream.HARD_STATE, HardState(term=term)) for term in range(first, first + count)]


def started(files: ForgetfulFiles) -> tuple[Journal, HostDurable]:
    journal = files.open()
    durable, operations = journal.recover()
    for operation in operations:
        files.perform(operation)
    return journal, durable


@given(st.lists(st.integers(1, 4), min_size=1, max_size=30), st.data())
def test_a_crash_between_any_two_operations_loses_nothing_that_was_promised(
    sizes: list[int], data: st.DataObject
) -> None:
    files = ForgetfulFiles()
    journal, _ = started(files)
    promised = written = 0
    for size in sizes:
        operations = journal.write(hard_states(written + 1, size))
        written += size
        if data.draw(st.integers(0, 9)) == 0:
            for _ in range(data.draw(st.integers(0, 3))):
                if (operation := next(operations, None)) is not None:
                    files.perform(operation)
            files.crash(kept=data.draw(st.floats(0, 1)))
            journal, durable = started(files)
            assert not durable.corrupt
            assert promised <= durable.raft.hard_state.term <= written
            promised = written = durable.raft.hard_state.term
        else:
            for operation in operations:
                files.perform(operation)
            promised = written
    files.crash()
    assert started(files)[1].raft.hard_state.term == promised


def test_a_journal_stays_bounded_however_much_is_written() -> None:
    files = ForgetfulFiles()
    journal, _ = started(files)
    lengths = []
    for term in range(1, 500):
        for operation in journal.write(hard_states(term, 1)):
            files.perform(operation)
        lengths.append(len(files.content[JOURNAL]))
    assert max(lengths) < 1_000 + 200
    assert min(lengths[100:]) < 500, "it was never rewritten"
    assert started(files)[1].raft.hard_state.term == 499


def test_a_corrupt_journal_is_left_alone_until_the_host_has_written_what_it_makes_of_it() -> None:
    files = ForgetfulFiles()
    journal, _ = started(files)
    member = Identity(node_id=NodeId("node"), raft_id=NodeId("old"))
    for group in ([(Stream.IDENTITY, member)], hard_states(1, 1), hard_states(2, 1)):
        for operation in journal.write(group):
            files.perform(operation)
    content = bytearray(files.content[JOURNAL])
    content[-20] ^= 1
    files.content[JOURNAL] = bytes(content)
    for _ in range(2):  # a crash before the first write must not make it look sound
        journal, durable = started(files)
        assert durable.corrupt
        assert durable.identity == member
        assert durable.raft.hard_state.term == 0
    stranger = Identity(node_id=NodeId("node"), lost_raft_id=NodeId("old"))
    for operation in journal.write([(Stream.IDENTITY, stranger)]):
        assert files.content[JOURNAL] == bytes(content), "a crash now would leave a journal that looks torn"
        files.perform(operation)
        if isinstance(operation, RenameFile):
            break
    files.crash()
    assert started(files)[1] == HostDurable(identity=stranger)


def write_each(files: ForgetfulFiles, journal: Journal, writes: list[Write]) -> None:
    for write in writes:
        for operation in journal.write([write]):
            files.perform(operation)


def frame_damaged(files: ForgetfulFiles, journal: Journal, write: Write) -> None:
    """Write a frame, and damage it."""
    position = len(files.content[JOURNAL])
    write_each(files, journal, [write])
    content = bytearray(files.content[JOURNAL])
    content[position + 14] ^= 1
    files.content[JOURNAL] = bytes(content)


def test_a_host_with_damage_in_an_unfinished_snapshot_starts_again_and_again() -> None:
    files = ForgetfulFiles()
    journal, _ = started(files)
    member = Identity(node_id=NodeId("node"), raft_id=NodeId("old"))
    write_each(files, journal, [(Stream.IDENTITY, member)])
    frame_damaged(files, journal, chunk(0))
    write_each(files, journal, [chunk(1), *hard_states(1, 1)])
    journal, durable = started(files)
    assert durable.corrupt
    stranger = Identity(node_id=NodeId("node"), lost_raft_id=NodeId("old"))
    write_each(files, journal, [(Stream.IDENTITY, stranger)])
    assert started(files)[1] == HostDurable(identity=stranger)


def test_a_host_whose_identity_was_damaged_starts_again_and_again() -> None:
    """What it wrote as a Raft member is then told apart from other members' records by nothing."""
    files = ForgetfulFiles()
    journal, _ = started(files)
    worker = Identity(node_id=NodeId("node"))
    write_each(files, journal, [(Stream.IDENTITY, worker)])
    frame_damaged(files, journal, (Stream.IDENTITY, Identity(node_id=NodeId("node"), raft_id=NodeId("raft"))))
    write_each(files, journal, [chunk(1), *hard_states(2, 1)])
    journal, durable = started(files)
    assert durable == HostDurable(identity=worker, corrupt=True)
    write_each(files, journal, [(Stream.IDENTITY, worker)])
    assert started(files)[1] == HostDurable(identity=worker)


FIRST = Identity(node_id=NodeId("first"), membership_count=1)
SECOND = Identity(node_id=NodeId("second"), membership_count=3)
LEFT = Identity(membership_count=2)


@pytest.mark.parametrize("hidden", [LEFT, SECOND], ids=["it has left", "it has joined another swarm since"])
@pytest.mark.parametrize("rewrites", [False, True])
def test_a_host_whose_present_membership_was_damaged_is_nobody_rather_than_who_it_was(
    hidden: Identity, rewrites: bool
) -> None:
    files = ForgetfulFiles()
    journal, _ = started(files)
    write_each(files, journal, [(Stream.IDENTITY, FIRST)])
    frame_damaged(files, journal, (Stream.IDENTITY, hidden))
    for _ in range(2):
        journal, durable = started(files)
        assert durable.corrupt
        assert durable.identity == Identity(membership_count=hidden.membership_count)
    if rewrites:
        again = Identity(node_id=NodeId("again"), membership_count=hidden.membership_count + 1)
        write_each(files, journal, [(Stream.IDENTITY, again)])
        assert started(files)[1] == HostDurable(identity=again)


def test_an_older_identity_of_the_same_membership_will_do() -> None:
    files = ForgetfulFiles()
    journal, _ = started(files)
    write_each(files, journal, [(Stream.IDENTITY, FIRST)])
    promoted = msgspec.structs.replace(FIRST, raft_id=NodeId("raft"))
    frame_damaged(files, journal, (Stream.IDENTITY, promoted))
    assert started(files)[1] == HostDurable(identity=FIRST, corrupt=True)


def test_a_mark_that_lags_behind_makes_nobody_of_no_host() -> None:
    files = ForgetfulFiles()
    journal, _ = started(files)
    write_each(files, journal, [(Stream.IDENTITY, LEFT)])
    lagging = files.content[MARK]
    write_each(files, journal, [(Stream.IDENTITY, SECOND)])
    frame_damaged(files, journal, hard_states(1, 1)[0])
    files.content[MARK] = lagging
    write_each(files, journal, hard_states(2, 1))
    files.content[MARK] = lagging
    assert started(files)[1] == HostDurable(identity=SECOND, corrupt=True)


def test_a_mark_of_the_longer_journal_does_not_condemn_the_shorter_one() -> None:
    files = ForgetfulFiles()
    journal, _ = started(files)
    for term in range(1, 200):
        for operation in journal.write(hard_states(term, 1)):
            files.perform(operation)
            if isinstance(operation, WriteFile) and operation.name == MARK and operation.data != bytes(16):
                files.synced[MARK] = files.content[MARK]  # the system writes back when it likes
            twin = ForgetfulFiles()
            twin.content, twin.synced = dict(files.content), dict(files.synced)
            twin.crash()
            assert not started(twin)[1].corrupt


def test_records_of_another_version_are_refused_by_name() -> None:
    batch = msgspec.msgpack.encode([(Stream.LOG, bytes((wire.VERSION + 1, wire.Family.RAFT_RECORD)) + b"\x90")])
    with pytest.raises(
        wire.WireError, match=f"format version {wire.VERSION + 1}: this host reads version {wire.VERSION}"
    ):
        Journal(frame(batch, 0), b"")


@pytest.mark.parametrize("written_count", range(4))
def test_compaction_in_the_middle_of_a_snapshot_does_not_break_it(written_count: int) -> None:
    writes: list[Write] = [chunk(0), chunk(1), (Stream.SNAPSHOT, SnapshotInstalled(META, 6))]
    before, after = writes[:written_count], writes[written_count:]
    assert replay([*compacted(before), *after]) == replay(writes)


def test_compaction_forgets_the_chunks_of_a_snapshot_that_was_begun_anew() -> None:
    kept: list[Any] = [record for _, record in compacted([chunk(0), chunk(1), chunk(0)])]
    assert [record.number for record in kept if isinstance(record, SnapshotChunk)] == [0]


@pytest.mark.parametrize("numbers", [(0, 1), (1,), (0, 2)])
def test_compaction_forgets_the_chunks_of_another_raft_member(numbers: tuple[int, ...]) -> None:
    """Those of a damaged journal may have gaps: nothing could follow them."""
    stranger = Identity(node_id=NodeId("node"), raft_id=NodeId("new"))
    again = msgspec.structs.replace(stranger, node_version=1)
    old = [chunk(number) for number in numbers]
    writes: list[Write] = [*old, (Stream.IDENTITY, stranger), chunk(0), (Stream.IDENTITY, again), chunk(1)]
    kept: list[Any] = [record for _, record in compacted(writes)]
    assert [record.number for record in kept if isinstance(record, SnapshotChunk)] == [0, 1]
    assert compacted([*old, (Stream.IDENTITY, stranger)]) == compacted([(Stream.IDENTITY, stranger)])
