"""One FIFO of writes: group commit, what each kind of death leaves, space, errors, damage."""

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.durability import Persist, Persisted, Stream, Verdict
from core.durable import HostDurable, Identity, replay
from core.events import PersistFailed
from core.ids import NodeId, Ticket
from core.raft.entries import CommandEntry
from core.raft.events import StorageLow
from core.raft.records import HardState, LogAppended, SnapshotChunk, SnapshotInstalled, SnapshotMeta
from core.timing import MS, SECOND
from sim.disk import Disk, DiskProfile
from sim.facts import RecordCorrupted, WorldFact, WritesLost
from sim.loop import Loop

PROFILE = DiskProfile(write_ns=0, sync_ns=MS, sync_jitter_ns=0, capacity_bytes=10_000, reserve_bytes=2_000)


class Bench:
    """A disk with a daemon that only listens."""

    def __init__(self, profile: DiskProfile = PROFILE, seed: int = 1) -> None:
        self.loop = Loop(seed)
        self.facts: list[WorldFact] = []
        self.disk = Disk(self.loop, profile, Random(seed), self.facts.append)
        self.disk.read()
        self.heard: list[tuple[int, Any]] = []
        self._ticket_count = 0

    def write(self, term: int = 0) -> None:
        self._ticket_count += 1
        ticket = Ticket(self._ticket_count)
        self.append(Persist(ticket, Stream.HARD_STATE, HardState(term=term or ticket)))

    def append(self, effect: Persist) -> None:
        self.disk.persist(effect, lambda event: self.heard.append((self.loop.now, event)))

    def run(self, duration_ns: int = SECOND) -> None:
        self.loop.run_until(self.loop.now + duration_ns)

    def terms(self) -> list[int]:
        """What a new daemon reads."""
        return [record.term for _, record in self.disk.read().writes]

    @property
    def events(self) -> list[Any]:
        return [event for _, event in self.heard]


def test_a_write_is_durable_after_its_sync() -> None:
    bench = Bench()
    bench.write()
    bench.run()
    assert [(at, event) for at, event in bench.heard if at < 2 * MS] == [(bench.heard[0][0], Persisted(Ticket(1)))]
    assert bench.heard[0][0] >= MS


def test_what_comes_during_a_sync_is_committed_together() -> None:
    bench = Bench()
    for _ in range(5):
        bench.write()
    bench.run()
    assert bench.events == [Persisted(Ticket(1)), Persisted(Ticket(5))]
    assert bench.disk.sync_count == 2
    assert bench.terms() == [1, 2, 3, 4, 5]


@given(write_count=st.integers(0, 8), later_count=st.integers(0, 8), seed=st.integers(0, 1000), power=st.booleans())
def test_a_crash_leaves_a_prefix_with_all_that_was_promised(
    write_count: int, later_count: int, seed: int, power: bool
) -> None:
    bench = Bench(seed=seed)
    for _ in range(write_count):
        bench.write()
    bench.run()
    for _ in range(later_count):
        bench.write()
    promised = max((event.ticket for event in bench.events), default=0)
    (bench.disk.power_lost if power else bench.disk.daemon_died)()
    bench.run()
    recovered = bench.disk.read()
    terms = [record.term for _, record in recovered.writes]
    assert terms == list(range(1, len(terms) + 1))
    assert promised <= len(terms) <= write_count + min(later_count, 1)
    assert recovered.verdict in ((Verdict.INTACT, Verdict.TORN) if power else (Verdict.INTACT,))
    assert max((event.ticket for event in bench.events), default=0) == promised


def test_power_loss_sometimes_loses_sometimes_keeps_and_sometimes_tears_what_was_not_synced() -> None:
    seen = set()
    for seed in range(40):
        bench = Bench(seed=seed)
        bench.write()
        bench.disk.power_lost()
        recovered = bench.disk.read()
        seen.add((len(recovered.writes), recovered.verdict))
    assert seen == {(0, Verdict.INTACT), (0, Verdict.TORN), (1, Verdict.INTACT)}


def test_losses_are_told() -> None:
    bench = Bench()
    for _ in range(3):
        bench.write()
    bench.disk.daemon_died()
    (lost,) = bench.facts
    assert isinstance(lost, WritesLost)
    assert lost.lost_count == 3 - len(bench.terms())


def test_a_write_of_a_dead_daemon_never_reports() -> None:
    bench = Bench()
    bench.write()
    bench.disk.daemon_died()
    bench.disk.read()
    bench.write()
    bench.run()
    assert bench.events == [Persisted(Ticket(2))]


def test_a_failing_disk_fails_every_write_until_a_new_daemon_starts() -> None:
    bench = Bench()
    bench.disk.fails = True
    bench.write()
    bench.write()
    bench.run()
    bench.disk.fails = False
    bench.write()
    bench.run()
    assert bench.events == [PersistFailed(Ticket(number), "input/output error") for number in (1, 2, 3)]
    bench.disk.daemon_died()
    bench.disk.read()
    bench.write()
    bench.run()
    assert bench.events[-1] == Persisted(Ticket(4))


def test_a_disk_that_fills_up_says_so_before_a_write_fails() -> None:
    bench = Bench()
    while not any(isinstance(event, PersistFailed) for event in bench.events):
        bench.write()
        bench.run(10 * MS)
    kinds = [type(event) for event in bench.events]
    assert kinds.count(StorageLow) == 1
    assert kinds[-1] is PersistFailed
    low_at = kinds.index(StorageLow)
    assert kinds[low_at + 1 : -1].count(Persisted) >= 10
    assert bench.events[-1].reason == "no space left on device"
    assert bench.disk.free_bytes >= 0


def test_a_full_disk_has_its_reserve_left_until_it_is_emptied() -> None:
    bench = Bench()
    bench.disk.fill()
    assert bench.disk.free_bytes == 2_000
    bench.write()
    bench.run()
    assert [type(event) for event in bench.events] == [Persisted, StorageLow]
    bench.disk.empty()
    assert bench.disk.free_bytes > 2_000


def test_damage_to_a_synced_record_is_corruption_wherever_it_is() -> None:
    for seed in range(10):
        bench = Bench(seed=seed)
        for _ in range(4):
            bench.write()
        bench.run()
        assert bench.disk.corrupt()
        recovered = bench.disk.read()
        assert recovered.verdict is Verdict.CORRUPT
        assert len(recovered.writes) == 3, "what can still be read says who the host was and whom it knows"
        assert bench.disk.read().verdict is Verdict.CORRUPT, "the damage stays until the host has written about it"
        bench.write()
        bench.run()
        assert bench.disk.read().verdict is Verdict.INTACT


def test_whichever_identity_is_damaged_a_host_that_has_left_is_in_no_swarm() -> None:
    hit = set()
    for seed in range(8):
        bench = Bench(seed=seed)
        member, left = Identity(NodeId("n"), membership_count=1), Identity(membership_count=2)
        for number, record in enumerate((member, left), 1):
            bench.append(Persist(Ticket(number), Stream.IDENTITY, record))
        bench.run()
        bench.disk.corrupt()
        hit |= {fact.position for fact in bench.facts if isinstance(fact, RecordCorrupted)}
        assert bench.disk.read().replayed() == HostDurable(identity=left, corrupt=True)
    assert hit == {0, 1}


def test_an_empty_disk_cannot_be_damaged_and_a_replaced_one_is_empty() -> None:
    bench = Bench()
    assert not bench.disk.corrupt()
    bench.write()
    bench.run()
    bench.disk.replace()
    assert bench.terms() == []


def test_a_snapshot_frees_what_it_replaces_and_recovery_finds_the_same_state() -> None:
    capacity_bytes = 10**9
    bench = Bench(DiskProfile(capacity_bytes=capacity_bytes))
    meta = SnapshotMeta(index=90, term=1, members=(), chunk_count=1)
    bench.append(Persist(Ticket(1), Stream.HARD_STATE, HardState(term=1)))
    for index in range(1, 101):
        entry = CommandEntry(index=index, term=1, size=1000, command=index)
        bench.append(Persist(Ticket(1 + index), Stream.LOG, LogAppended((entry,))))
    bench.run()
    used_before_bytes = capacity_bytes - bench.disk.free_bytes
    bench.append(Persist(Ticket(102), Stream.SNAPSHOT, SnapshotChunk(90, 0, "state")))
    bench.append(Persist(Ticket(103), Stream.SNAPSHOT, SnapshotInstalled(meta, first_index=81)))
    bench.run()
    assert capacity_bytes - bench.disk.free_bytes < used_before_bytes / 3
    durable = replay(bench.disk.read().writes).raft
    assert durable.hard_state == HardState(term=1)
    assert durable.snapshot is not None
    assert durable.snapshot.chunks == ("state",)
    assert [entry.index for entry in durable.entries] == list(range(81, 101))
