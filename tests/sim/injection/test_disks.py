"""Faults of disks: a test per word that shows its effect, and that ending it takes exactly that back."""

from fault_stage import Stage
from simulated import host_of

from core.durability import Persisted, Verdict
from core.events import (
    PersistFailed,
)
from core.ids import Ticket
from core.raft.events import StorageFreed, StorageLow
from core.timing import MS, SECOND
from core.trials import faults


def test_slow_disk() -> None:
    stage = Stage()
    number = stage.start(faults.SlowDisk(("m1",), 200 * MS))
    assert stage.write("m1", 1) == []
    assert stage.write("m2", 1) == [Persisted(Ticket(1))]
    stage.world.run_for(SECOND)
    stage.end(number)
    assert stage.write("m1", 2) == [Persisted(Ticket(2))]


def test_full_disk() -> None:
    stage = Stage()
    number = stage.start(faults.FullDisk(("m1",)))
    assert len(host_of(stage.world, "m1").events(StorageLow)) == 1
    assert host_of(stage.world, "m1").events(StorageFreed) == []
    assert stage.write("m1", 1) == [Persisted(Ticket(1))], "there is the reserve"
    stage.world.machine("m1").disk.free_bytes_left = 10
    (failed,) = stage.write("m1", 2)
    assert failed == PersistFailed(Ticket(2), "no space left on device")
    stage.end(number)
    assert len(host_of(stage.world, "m1").events(StorageFreed)) == 1
    stage.start(faults.Restart(("m1",)))
    stage.world.run_for(10 * SECOND)
    assert Persisted(Ticket(3)) in stage.write("m1", 3)


def test_fail_disk() -> None:
    stage = Stage()
    number = stage.start(faults.FailDisk(("m1",)))
    assert stage.write("m1", 1) == [PersistFailed(Ticket(1), "input/output error")]
    stage.end(number)
    stage.start(faults.Restart(("m1",)))
    stage.world.run_for(10 * SECOND)
    assert stage.write("m1", 2) == [Persisted(Ticket(2))]


def test_corrupt_disk() -> None:
    stage = Stage()
    stage.write("m1", 1)
    stage.write("m1", 2)
    stage.start(faults.CorruptDisk(("m1",)))
    assert stage.write("m1", 3) == [Persisted(Ticket(3))], "it does not show before a restart"
    stage.start(faults.Restart(("m1",)))
    stage.world.run_for(10 * SECOND)
    assert host_of(stage.world, "m1").start.recovered.verdict is Verdict.CORRUPT


def test_lose_disk() -> None:
    stage = Stage()
    stage.write("m1", 1)
    stage.start(faults.LoseDisk(("m1",)))
    assert stage.up() == ["m2", "m3", "m4"]
    stage.start(faults.Restart(("m1",)))
    stage.world.run_for(10 * SECOND)
    recovered = host_of(stage.world, "m1").start.recovered
    assert (recovered.writes, recovered.verdict) == ((), Verdict.INTACT)


def test_repair_disk() -> None:
    stage = Stage()
    for fault in (faults.SlowDisk(("m1",), 200 * MS), faults.FullDisk(("m1",)), faults.FailDisk(("m1",))):
        stage.start(fault)
    stage.start(faults.RepairDisk(("m1",)))
    assert stage.write("m1", 1) == [Persisted(Ticket(1))]
    assert not stage.injector.active
