"""What holds of every fault: it has a handler and its line in the documentation, and is told as it ends."""

import re

import pytest
from fault_stage import ALL_HEARD, NAMES, Stage
from repository import ROOT
from simulated import introduce

from core.durability import Persisted, Verdict
from core.ids import Ticket
from core.timing import MS, SECOND
from core.trials import faults
from core.trials.endings import FAULTS, LASTING, UNDOES, verb_of
from core.trials.faults import Hosts
from sim.facts import FaultEnded, FaultRefused, FaultStarted
from sim.injection import DisallowedError, Injector, links
from sim.injection.injector import HANDLERS
from sim.topology import racks
from sim.world import WorldConfig

WORDS = {verb_of(kind) for kind in FAULTS}


def test_every_word_has_a_handler() -> None:
    assert {*HANDLERS, faults.Heal} == set(FAULTS)


def test_heal_takes_back_whatever_befalls_links() -> None:
    assert set(links.HANDLERS) == set(UNDOES[faults.Heal])


def test_what_lasts_can_be_ended_and_nothing_else() -> None:
    stage = Stage(WorldConfig(topology=lambda: racks(("r1",), MS)))
    samples = (faults.Kill(("m1",)), faults.Resume(("m1",)), faults.CorruptDisk(("m2",)), faults.BreakCable(("m3",)))
    for fault in samples:
        number = stage.start(fault)
        assert (number in stage.injector.active) is isinstance(fault, LASTING)


def test_faults_are_told_with_their_beginning_and_end() -> None:
    stage = Stage()
    loss: faults.Loss[Hosts] = faults.Loss(0.5)
    first, second = stage.start(loss), stage.start(faults.JumpClock(("m1",), SECOND))
    stage.end(first)
    stage.end(first)
    assert [fact for fact in stage.facts if isinstance(fact, FaultStarted | FaultEnded)] == [
        FaultStarted(first, loss),
        FaultStarted(second, faults.JumpClock(("m1",), SECOND)),
        FaultEnded(second),
        FaultEnded(first),
    ]
    assert verb_of(loss) == "loss"


def test_ending_all_leaves_a_healthy_world() -> None:
    stage = Stage()
    several = (faults.Kill(("m1",)), faults.Pause(("m2",)), faults.Isolate(("m3",)), faults.FailDisk(("m4",)))
    for number in reversed([stage.start(fault) for fault in several]):
        stage.end(number)
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
    assert sorted(re.findall(r"`([a-z-]+)`", table)) == sorted(WORDS)
