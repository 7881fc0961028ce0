"""Faults of the network: a test per word that shows its effect, and that ending it takes exactly that back."""

from typing import Any

from fault_stage import ALL_HEARD, NAMES, Stage
from simulated import host_of

from core.raft.events import Received
from core.timing import MS, SECOND
from core.trials import faults
from core.trials.faults import Link
from sim.topology import racks
from sim.world import WorldConfig


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
    number = stage.start(faults.BreakCable(("m4", "m2")))
    assert stage.reach() == "..xx ..xx xx.. xx.."
    stage.end(number)
    assert stage.reach() == ALL_HEARD


def test_flap() -> None:
    stage = Stage()
    number = stage.start(faults.Flap(Link(("m1",), ("m2",)), every_ns=20 * SECOND))
    heard = [stage.arrivals("m1", "m2", within_ns=5 * SECOND) for _ in range(8)]
    assert heard == [0, 0, 1, 1, 0, 0, 1, 1]
    assert stage.arrivals("m1", "m3") == 1
    stage.end(number)
    assert [stage.arrivals("m1", "m2", within_ns=5 * SECOND) for _ in range(8)] == [1] * 8


def test_slow_link() -> None:
    stage = Stage()
    stage.start(faults.SlowLink(Link(("m1",), ("m2", "m3")), latency_ns=2 * SECOND, jitter_ns=100 * MS))
    assert stage.arrivals("m1", "m2", within_ns=1800 * MS) == 0
    assert stage.arrivals("m1", "m2", within_ns=400 * MS) == 1
    assert stage.arrivals("m2", "m3", within_ns=MS) == 1


def test_narrow_link() -> None:
    stage = Stage()
    stage.start(faults.NarrowLink(Link(("m1",), ("m2",)), bandwidth_bits_per_s=960))
    assert stage.arrivals("m1", "m2", count=5, within_ns=SECOND + 10 * MS) == 1
    assert stage.arrivals("m3", "m2", count=5, within_ns=10 * MS) == 5


def test_loss() -> None:
    stage = Stage()
    number = stage.start(faults.Loss(0.5))
    assert 30 < stage.arrivals("m1", "m2", count=100) < 70
    stage.end(number)
    stage.start(faults.Loss(1.0, Link(("m1",), ("m3",))))
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
    stage.start(faults.Flap(Link(("m3",), ("m4",)), every_ns=10**15))
    stage.start(faults.SlowDisk(("m1",), SECOND))
    stage.start(faults.Heal(("m1", "m2")))
    assert stage.reach() == ".... .... ...x ..x."
    stage.start(faults.Heal(()))
    assert stage.reach() == ALL_HEARD
    assert list(stage.injector.active.values()) == [faults.SlowDisk(("m1",), SECOND)]
