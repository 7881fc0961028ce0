"""Checks are told what they asked for, look when something happened, and fail by name."""

from collections.abc import Mapping

from fake_world import FakeWorld

from core.raft.effects import LeaderElected, QuorumLost
from core.timing import SECOND
from swarmsim.checks.check import Check
from swarmsim.checks.suite import CHECKS, full_suite
from swarmsim.checks.watch import Watch
from swarmsim.world import FactListener, World


class Diary(Check):
    """Notes what it is told and how often it looks."""

    name = "diary"

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.looks_at: list[int] = []

    def handlers(self) -> Mapping[type, FactListener]:
        return {LeaderElected: lambda at_ns, host, fact: self.told.append(f"{host} at {at_ns}: term {fact.term}")}

    def sample(self, world: World) -> None:
        self.looks_at.append(world.now_ns)


class Broken(Check):
    """Relies on a function that asserts."""

    name = "broken"

    def sample(self, world: World) -> None:
        raise AssertionError("two leaders in term 3")


def test_a_check_is_told_the_facts_it_asked_for() -> None:
    world, diary = FakeWorld("m1"), Diary()
    Watch(world, [diary])
    world.run_until(7)
    world.tell("m1", LeaderElected(3))
    world.tell("m1", QuorumLost(3))
    assert diary.told == ["m1 at 7: term 3"]


def test_checks_look_only_after_something_happened() -> None:
    world, diary = FakeWorld("m1"), Diary()
    Watch(world, [diary], sample_ns=SECOND)
    world.run_until(3 * SECOND)
    world.tell("m1", QuorumLost(3))
    world.run_until(9 * SECOND)
    assert diary.looks_at == [4 * SECOND]


def test_the_first_violation_counts_and_an_assertion_is_one() -> None:
    world = FakeWorld("m1")
    watch = Watch(world, [Diary(), Broken()], sample_ns=SECOND)
    world.tell("m1", QuorumLost(1))
    world.run_until(SECOND)
    world.tell("m1", QuorumLost(2))
    world.run_until(2 * SECOND)
    (violation,) = watch.violations
    assert (violation.check, violation.at_ns) == ("broken", SECOND)
    assert "two leaders in term 3" in violation.detail


def test_the_suite_is_what_scenarios_may_name() -> None:
    assert [check.name for check in full_suite(FakeWorld())] == list(CHECKS)
