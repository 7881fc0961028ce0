"""No acknowledged write is lost, none is done twice, none is done that was refused."""

import pytest
from fake_world import FakeWorld
from msgspec.structs import replace
from writer_histories import write

from core.facts import BegunAnew
from core.ids import ConfigId, NodeId
from core.objects import Config
from core.objects.config import ConfigSpec
from core.store import Create, Store, Transaction
from core.trials.clients import WriteOutcome, WriterSample
from swarmsim.checks.check import Check
from swarmsim.checks.writes import NoAcknowledgedWriteLost, OnceOnly
from swarmsim.world import Power


def store_with(*written: tuple[str, int], index: int) -> Store:
    """Configs by key and the index that wrote each; applied up to `index`."""
    store = Store()
    for key, at in written:
        config = Config(ConfigId(f"id-{key}"), ConfigSpec(key), version=at)
        store.apply(at, Transaction((Create(config),), 100))
    store.index = index
    return store


def judged(check: Check, world: FakeWorld, *samples: WriterSample) -> str:
    for sample in samples:
        check.handlers()[WriterSample](sample.ended_at, sample.host, sample)
    check.finish(world)
    return check.violation.detail if check.violation is not None else ""


def test_a_write_that_everyone_has_is_not_lost() -> None:
    world = FakeWorld("m1", "m2")
    world.stores = {"m1": store_with(("a", 5), index=5), "m2": store_with(index=4)}
    world.statuses["m1"] = replace(world.statuses["m1"], last_index=5)
    check = NoAcknowledgedWriteLost()
    assert judged(check, world, write("a", 0, 1, 5)) == ""
    assert check.checked_count == 1  # m2 has yet to get there


def test_a_manager_that_is_past_the_index_without_the_write_has_lost_it() -> None:
    world = FakeWorld("m1", "m2")
    world.stores = {"m1": store_with(("a", 5), index=5), "m2": store_with(("b", 5), index=6)}
    assert "is not in the store of m2" in judged(NoAcknowledgedWriteLost(), world, write("a", 0, 1, 5))


def test_a_write_that_no_living_manager_has_reached_is_lost() -> None:
    world = FakeWorld("m1", "m2")
    world.stores = {"m1": store_with(("a", 5), index=5), "m2": store_with(index=4)}
    world.statuses["m1"] = replace(world.statuses["m1"], power=Power.OFF)
    assert "known to no living manager" in judged(NoAcknowledgedWriteLost(), world, write("a", 0, 1, 5))


def test_a_write_that_is_in_a_log_is_not_lost_though_nobody_can_tell_that_it_is_committed() -> None:
    world = FakeWorld("m1", "m2")
    world.stores = {"m1": store_with(("a", 5), index=5), "m2": store_with(index=4)}
    world.statuses["m1"] = replace(world.statuses["m1"], power=Power.OFF)
    world.statuses["m2"] = replace(world.statuses["m2"], last_index=5)
    assert judged(NoAcknowledgedWriteLost(), world, write("a", 0, 1, 5)) == ""


@pytest.mark.parametrize(
    ("certain_index", "applied_index", "lost"),
    [(4, 1_005, False), (5, 1_005, True), (4, 6, True)],
)
def test_a_swarm_begun_anew_need_not_have_what_its_manager_was_not_sure_of(
    certain_index: int, applied_index: int, lost: bool
) -> None:
    """It has what was certain; and who has not begun anew, by its index, has no excuse."""
    world = FakeWorld("m1")
    world.stores = {"m1": store_with(index=applied_index)}
    world.statuses["m1"] = replace(world.statuses["m1"], last_index=applied_index)
    check = NoAcknowledgedWriteLost()
    check.handlers()[BegunAnew](1, "m1", BegunAnew(NodeId("r"), 1_000, certain_index))
    assert bool(judged(check, world, write("a", 0, 1, 5))) is lost


def test_a_write_that_disappears_later_is_lost() -> None:
    world = FakeWorld("m1")
    world.stores = {"m1": store_with(("a", 5), index=5)}
    check = NoAcknowledgedWriteLost()
    check.handlers()[WriterSample](1, "m1", write("a", 0, 1, 5))
    check.sample(world)
    assert check.violation is None
    world.stores = {"m1": store_with(index=9)}
    check.finish(world)
    assert check.violation is not None


def test_without_a_living_manager_nothing_can_be_told() -> None:
    assert judged(NoAcknowledgedWriteLost(), FakeWorld("m1"), write("a", 0, 1, 5)) == ""


@pytest.mark.parametrize(
    ("sample", "complaint"),
    [
        (write("a", 0, 1, 5), ""),
        (write("a", 0, 1, 4), "was done at index 5"),
        (write("a", 0, 1, 0, WriteOutcome.REFUSED), "was refused and yet done"),
        (write("b", 0, 1, 0, WriteOutcome.REFUSED), ""),
        (write("b", 0, 1, 0, WriteOutcome.REJECTED), "taken for a second write"),
        (write("b", 0, 1, 0, WriteOutcome.UNKNOWN), ""),
        (write("a", 0, 1, 0, WriteOutcome.UNKNOWN), ""),
    ],
)
def test_a_write_is_done_once_where_it_was_acknowledged(sample: WriterSample, complaint: str) -> None:
    world = FakeWorld("m1")
    world.stores = {"m1": store_with(("a", 5), index=5)}
    found = judged(OnceOnly(), world, sample)
    assert complaint in found
    assert bool(found) == bool(complaint)
