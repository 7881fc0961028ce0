"""A test per fault word that shows its effect, and that ending the fault takes exactly that back."""

import re
from collections.abc import Callable
from typing import Any, get_args

import pytest
from repository import ROOT
from simulated import host_of, introduce, order, phases, run_task, scripted_world, send, task

from core.durability import Persist, Persisted, Stream, Verdict
from core.effects import Effect, PrepareTask, ProgramRoutes
from core.events import (
    ContainerPhase,
    EngineDown,
    EngineUp,
    Event,
    PersistFailed,
    Received,
    RoutesApplied,
    RoutesFailed,
    WallClock,
)
from core.ids import OperationId, TaskId, Ticket
from core.mesh.routes import RouteChanges
from core.raft.events import StorageFreed, StorageLow
from core.raft.messages import Heartbeat
from core.raft.records import HardState
from core.timing import MS, SECOND
from sim import faults
from sim.facts import FaultEnded, FaultRefused, FaultStarted
from sim.faults import Fault, Hosts, word_of
from sim.injection import DisallowedError, Injector
from sim.injection.injector import HANDLERS
from sim.observer import Observation
from sim.topology import racks
from sim.world import World, WorldConfig

NAMES = ("m1", "m2", "m3", "m4")
WEB = TaskId("web.1")


class Stage:
    """Four scripted hosts that know each other, and an injector."""

    def __init__(self, config: WorldConfig | None = None) -> None:
        self.world: World = scripted_world(*NAMES, config=config)
        introduce(self.world)
        self.injector = Injector(self.world)
        self.facts: list[Any] = []
        self.world.observer.on_fact(self._note)

    def _note(self, observation: Observation) -> None:
        self.facts.append(observation.fact)

    def start(self, fault: Fault) -> int:
        return self.injector.start(fault)

    def end(self, number: int) -> None:
        self.injector.end(number)

    def arrivals(self, source: str, target: str, count: int = 1, within_ns: int = SECOND) -> int:
        """How many of `count` messages from one host to another arrive in this time."""
        before = len(host_of(self.world, target).events(Received))
        for number in range(count):
            send(self.world, source, target, Heartbeat(term=1, round=number, commit_index=0))
        self.world.run_for(within_ns)
        return len(host_of(self.world, target).events(Received)) - before

    def reach(self) -> str:
        """Who hears whom: a row per sender, a column per receiver, `x` where nothing arrives."""
        return " ".join(
            "".join("." if source == target or self.arrivals(source, target) else "x" for target in NAMES)
            for source in NAMES
        )

    def write(self, name: str, number: int) -> list[Any]:
        """What a host hears of a write."""
        before = len(host_of(self.world, name).heard)
        order(self.world, name, Persist(Ticket(number), Stream.HARD_STATE, HardState(term=number)))
        self.world.run_for(100 * MS)
        return [event for _, event in host_of(self.world, name).heard[before + 1 :]]

    def up(self) -> list[str]:
        return [name for name in NAMES if self.world.machine(name).running]


ALL_HEARD = ".... .... .... ...."


# --- machines and daemons


def test_kill() -> None:
    stage = Stage()
    run_task(stage.world, "m1", task("web.1"))
    number = stage.start(faults.Kill(("m1", "m2")))
    assert stage.up() == ["m3", "m4"]
    assert not stage.world.machine("m1").powered
    assert not stage.world.containers("m1")[0].running
    stage.end(number)
    stage.world.run_for(10 * SECOND)
    assert stage.up() == list(NAMES)


def test_kill_daemon() -> None:
    stage = Stage()
    run_task(stage.world, "m1", task("web.1"))
    number = stage.start(faults.KillDaemon(("m1",)))
    assert stage.up() == ["m2", "m3", "m4"]
    assert stage.world.machine("m1").powered
    assert stage.world.containers("m1")[0].running
    stage.end(number)
    assert stage.up() == list(NAMES)


def test_a_daemon_killed_on_a_machine_that_then_reboots_comes_with_the_boot() -> None:
    stage = Stage()
    number = stage.start(faults.KillDaemon(("m1",)))
    stage.start(faults.Kill(("m1",)))
    stage.world.power_on("m1")
    stage.end(number)
    assert stage.up() == ["m2", "m3", "m4"]
    stage.world.run_for(10 * SECOND)
    assert stage.up() == list(NAMES)


def test_restart() -> None:
    stage = Stage()
    number = stage.start(faults.Kill(("m1",)))
    stage.start(faults.KillDaemon(("m2",)))
    stage.start(faults.Restart(("m1", "m2", "m3")))
    assert stage.up() == ["m2", "m4"]
    stage.world.run_for(10 * SECOND)
    assert stage.up() == list(NAMES)
    assert [stage.world.machine(name).incarnation for name in NAMES] == [2, 2, 2, 1]
    assert FaultEnded(number) in stage.facts
    assert not stage.injector.active


def test_pause() -> None:
    stage = Stage()
    number = stage.start(faults.Pause(("m1",)))
    assert stage.arrivals("m2", "m1") == 0
    stage.end(number)
    assert len(host_of(stage.world, "m1").events(Received)) == 1


def test_resume() -> None:
    stage = Stage()
    stage.start(faults.Pause(("m1", "m2")))
    stage.start(faults.Resume(("m1",)))
    assert stage.up() == ["m1", "m3", "m4"]


# --- the network


def test_partition() -> None:
    stage = Stage()
    number = stage.start(faults.Partition((("m1", "m2"),)))
    assert stage.reach() == "..xx ..xx xx.. xx.."
    stage.end(number)
    assert stage.reach() == ALL_HEARD


def test_one_way() -> None:
    stage = Stage()
    stage.start(faults.OneWay(("m1",), ("m2", "m3", "m4")))
    assert stage.reach() == ".xxx .... .... ...."


def test_bridge() -> None:
    stage = Stage()
    stage.start(faults.Bridge(("m2",), (("m1",), ("m3", "m4"))))
    assert stage.reach() == "..xx .... x... x..."


def test_ring() -> None:
    stage = Stage()
    stage.start(faults.Ring(NAMES))
    assert stage.reach() == "..x. ...x x... .x.."


def test_isolate() -> None:
    stage = Stage()
    stage.start(faults.Isolate(("m1", "m4")))
    assert stage.reach() == ".xxx x..x x..x xxx."


def test_break_cable() -> None:
    def topology() -> Any:
        return racks(("r1", "r2"), uplink_ns=MS)

    stage = Stage(WorldConfig(topology=topology))
    for name in ("m3", "m4"):
        stage.world.network.topology.attach(name, "r1")
    stage.world.network.refresh()
    number = stage.start(faults.BreakCable("core", "r1"))
    assert stage.reach() == "..xx ..xx xx.. xx.."
    stage.end(number)
    assert stage.reach() == ALL_HEARD


def test_flap() -> None:
    stage = Stage()
    number = stage.start(faults.Flap(("m1",), ("m2",), every_ns=20 * SECOND))
    heard = [stage.arrivals("m1", "m2", within_ns=5 * SECOND) for _ in range(8)]
    assert heard == [0, 0, 1, 1, 0, 0, 1, 1]
    assert stage.arrivals("m1", "m3") == 1
    stage.end(number)
    assert [stage.arrivals("m1", "m2", within_ns=5 * SECOND) for _ in range(8)] == [1] * 8


def test_slow_link() -> None:
    stage = Stage()
    stage.start(faults.SlowLink(("m1",), ("m2", "m3"), latency_ns=2 * SECOND, jitter_ns=100 * MS))
    assert stage.arrivals("m1", "m2", within_ns=1800 * MS) == 0
    assert stage.arrivals("m1", "m2", within_ns=400 * MS) == 1
    assert stage.arrivals("m2", "m3", within_ns=MS) == 1


def test_narrow_link() -> None:
    stage = Stage()
    stage.start(faults.NarrowLink(("m1",), ("m2",), bandwidth_bits_per_s=960))
    assert stage.arrivals("m1", "m2", count=5, within_ns=SECOND + 10 * MS) == 1
    assert stage.arrivals("m3", "m2", count=5, within_ns=10 * MS) == 5


def test_loss() -> None:
    stage = Stage()
    number = stage.start(faults.Loss(0.5))
    assert 30 < stage.arrivals("m1", "m2", count=100) < 70
    stage.end(number)
    stage.start(faults.Loss(1.0, ("m1",), ("m3",)))
    assert [stage.arrivals("m1", name, count=10) for name in ("m2", "m3")] == [10, 0]


def test_duplicate() -> None:
    stage = Stage()
    stage.start(faults.Duplicate(0.5))
    assert 130 < stage.arrivals("m1", "m2", count=100) < 170


def test_reorder() -> None:
    stage = Stage()
    stage.start(faults.Reorder(0.5))
    assert stage.arrivals("m1", "m2", count=100) == 100
    rounds = [event.message.round for event in host_of(stage.world, "m2").events(Received)]
    assert rounds != sorted(rounds)


def test_heal() -> None:
    stage = Stage()
    stage.start(faults.Isolate(("m1",)))
    stage.start(faults.Flap(("m3",), ("m4",), every_ns=10**15))
    stage.start(faults.SlowDisk(("m1",), SECOND))
    stage.start(faults.Heal(("m1", "m2")))
    assert stage.reach() == ".... .... ...x ..x."
    stage.start(faults.Heal())
    assert stage.reach() == ALL_HEARD
    assert list(stage.injector.active.values()) == [faults.SlowDisk(("m1",), SECOND)]


# --- disks


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


# --- clocks


def test_skew_clock() -> None:
    stage = Stage()
    clock = stage.world.machine("m1").clock
    clock.jump(SECOND)
    number = stage.start(faults.SkewClock(("m1",), -5 * SECOND))
    assert clock.error_ns == -5 * SECOND
    assert host_of(stage.world, "m1").events(WallClock)[-1] == WallClock(clock.wall_offset_ns())
    stage.end(number)
    assert clock.error_ns == SECOND


def test_jump_clock() -> None:
    stage = Stage()
    before = host_of(stage.world, "m1").events(WallClock)[-1]
    stage.start(faults.JumpClock(("m1",), 3 * SECOND))
    after = host_of(stage.world, "m1").events(WallClock)[-1]
    assert after.offset_ns - before.offset_ns == 3 * SECOND


def test_drift_clock() -> None:
    stage = Stage()
    host = host_of(stage.world, "m1")
    host.wake_at = 10 * SECOND
    number = stage.start(faults.DriftClock(("m1",), 1.0))
    ticked_at: list[int] = []

    def note(now: int, event: Event) -> list[Effect]:
        ticked_at.append(stage.world.now)
        host.wake_at = None
        return []

    host.script = note
    stage.world.run_for(6 * SECOND)
    assert ticked_at == [5 * SECOND], "a clock that runs twice as fast wakes its host twice as early"
    stage.end(number)
    clock = stage.world.machine("m1").clock
    before = clock.monotonic_ns()
    stage.world.run_for(SECOND)
    assert clock.monotonic_ns() - before == SECOND


# --- engines, containers and tables


def test_stop_engine() -> None:
    stage = Stage()
    run_task(stage.world, "m1", task("web.1"))
    number = stage.start(faults.StopEngine(("m1",)))
    order(stage.world, "m1", PrepareTask(OperationId(1), task("web.2"), (), ()))
    stage.world.run_for(10 * SECOND)
    assert len(host_of(stage.world, "m1").events(EngineDown)) == 1
    assert not phases(stage.world, "m1", "web.2")
    assert stage.world.containers("m1")[0].running
    stage.end(number)
    stage.world.run_for(SECOND)
    assert phases(stage.world, "m1", "web.2") == [ContainerPhase.PREPARED]
    assert len(host_of(stage.world, "m1").events(EngineUp)) == 2


def test_fail_pulls() -> None:
    stage = Stage()
    number = stage.start(faults.FailPulls(("m1",)))
    for name in ("m1", "m2"):
        order(stage.world, name, PrepareTask(OperationId(1), task("web.1"), (), ()))
    stage.world.run_for(SECOND)
    assert phases(stage.world, "m1", WEB) == [ContainerPhase.FAILED]
    assert phases(stage.world, "m2", WEB) == [ContainerPhase.PREPARED]
    stage.end(number)
    order(stage.world, "m1", PrepareTask(OperationId(2), task("web.1"), (), ()))
    stage.world.run_for(SECOND)
    assert phases(stage.world, "m1", WEB)[-1] is ContainerPhase.PREPARED


@pytest.mark.parametrize(
    ("fault", "code"),
    [(faults.CrashTask((WEB,)), 139), (faults.ExitTask((WEB,), 7), 7), (faults.OutOfMemory((WEB,)), 137)],
)
def test_crash_task_and_exit_and_out_of_memory(fault: Fault, code: int) -> None:
    stage = Stage()
    run_task(stage.world, "m2", task("web.1"))
    stage.start(fault)
    (container,) = stage.world.containers("m2")
    assert (container.running, container.exit_code) == (False, code)
    assert phases(stage.world, "m2", WEB)[-1] is ContainerPhase.EXITED


def test_unhealthy() -> None:
    stage = Stage()
    run_task(stage.world, "m2", task("web.1"))
    stage.start(faults.Unhealthy((WEB,)))
    (container,) = stage.world.containers("m2")
    assert (container.running, container.healthy) == (True, False)
    assert phases(stage.world, "m2", WEB)[-1] is ContainerPhase.UNHEALTHY


def test_fail_routes() -> None:
    stage = Stage()
    number = stage.start(faults.FailRoutes(("m1",)))
    order(stage.world, "m1", ProgramRoutes(RouteChanges(0, 3)))
    stage.world.run_for(SECOND)
    assert [event.version for event in host_of(stage.world, "m1").events(RoutesFailed)] == [3]
    assert stage.world.machine("m1").data_plane.tables.version == 0
    stage.end(number)
    order(stage.world, "m1", ProgramRoutes(RouteChanges(0, 3)))
    stage.world.run_for(SECOND)
    assert host_of(stage.world, "m1").events(RoutesApplied) == [RoutesApplied(3, 0)]


def test_slow_routes() -> None:
    stage = Stage()
    stage.start(faults.SlowRoutes(("m1",), 5 * SECOND))
    order(stage.world, "m1", ProgramRoutes(RouteChanges(0, 3)))
    stage.world.run_for(4 * SECOND)
    assert not host_of(stage.world, "m1").events(RoutesApplied)
    stage.world.run_for(2 * SECOND)
    assert host_of(stage.world, "m1").events(RoutesApplied) == [RoutesApplied(3, 0)]


# --- all of them


def test_every_word_has_a_handler_and_a_test() -> None:
    words = {word_of_kind(kind) for kind in get_args(Fault)}
    assert {*HANDLERS, faults.Heal} == set(get_args(Fault))
    tests = " ".join(name for name, value in globals().items() if isinstance(value, Callable))  # type: ignore[arg-type]
    assert [word for word in sorted(words) if word.replace("-", "_") not in tests] == []


def word_of_kind(kind: Any) -> str:
    return str(kind.__struct_config__.tag)


def test_faults_are_told_with_their_beginning_and_end() -> None:
    stage = Stage()
    loss = faults.Loss(0.5)
    first, second = stage.start(loss), stage.start(faults.JumpClock(("m1",), SECOND))
    stage.end(first)
    stage.end(first)
    assert [fact for fact in stage.facts if isinstance(fact, FaultStarted | FaultEnded)] == [
        FaultStarted(first, loss),
        FaultStarted(second, faults.JumpClock(("m1",), SECOND)),
        FaultEnded(second),
        FaultEnded(first),
    ]
    assert word_of(loss) == "loss"


def test_ending_all_leaves_a_healthy_world() -> None:
    stage = Stage()
    for fault in (faults.Kill(("m1",)), faults.Pause(("m2",)), faults.Isolate(("m3",)), faults.FailDisk(("m4",))):
        stage.start(fault)
    stage.injector.end_all()
    stage.world.run_for(10 * SECOND)
    assert stage.up() == list(NAMES)
    introduce(stage.world)
    assert stage.reach() == ALL_HEARD
    assert stage.write("m4", 1) == [Persisted(Ticket(1))]


class NobodyElse:
    """A guard that allows one host to lose its disk."""

    def __init__(self) -> None:
        self.hurt: list[str] = []

    def allows(self, hosts: Hosts) -> bool:
        self.hurt += hosts
        return len(self.hurt) <= 1


def test_a_guard_keeps_faults_out_that_no_swarm_survives() -> None:
    stage = Stage()
    injector = Injector(stage.world, NobodyElse())
    for name in NAMES[:2]:
        stage.write(name, 1)
    injector.start(faults.CorruptDisk(("m1",)))
    with pytest.raises(DisallowedError):
        injector.start(faults.CorruptDisk(("m2",)))
    injector.start(faults.Kill(("m3", "m4")))
    (refused,) = [fact for fact in stage.facts if isinstance(fact, FaultRefused)]
    assert refused.fault == faults.CorruptDisk(("m2",))
    assert stage.world.machine("m2").disk.read().verdict is Verdict.INTACT


def test_the_documentation_lists_every_word() -> None:
    page = (ROOT / "docs" / "machines" / "world.md").read_text()
    table = page.partition("| of | words |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"`([a-z-]+)`", table)) == sorted(word_of_kind(kind) for kind in get_args(Fault))
