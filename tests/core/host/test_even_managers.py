"""A leader warns of a number of managers that is no safer than one less, once per number, and takes it back."""

import pytest
from swarm import Swarm, formed

from core.facts import ManagersCounted
from core.manager.members.advice import warning_of
from sim.observer import Observation


def counted_in(swarm: Swarm) -> list[tuple[int, bool]]:
    """The numbers that leaders count from here on, and whether each is warned of; the list grows."""
    counted: list[tuple[int, bool]] = []

    def note(seen: Observation) -> None:
        if isinstance(seen.fact, ManagersCounted):
            counted.append((seen.fact.voter_count, bool(seen.fact.warning)))

    swarm.world.observer.on_fact(note)
    return counted


def test_a_second_manager_is_warned_of_and_a_third_takes_it_back() -> None:
    swarm = Swarm("m1", "m2", "m3")
    counted = counted_in(swarm)
    swarm.init("m1")
    swarm.world.run_for(10**9)
    assert counted == []
    swarm.join("m2", "m1", manager=True)
    swarm.until(lambda: counted == [(2, True)], "nobody is warned")
    swarm.join("m3", "m1", manager=True)
    swarm.until(lambda: len(counted) == 2, "the warning is not taken back")
    assert counted[1] == (3, False)


def test_the_next_leader_warns_as_well() -> None:
    swarm = formed(4)
    counted = counted_in(swarm)
    swarm.world.kill(swarm.leader())
    swarm.until(lambda: bool(counted), "nobody is warned")
    assert counted == [(4, True)]


@pytest.mark.parametrize("count", [0, 1, 3, 5, 7])
def test_an_odd_number_is_fine(count: int) -> None:
    assert warning_of(count) == ""


@pytest.mark.parametrize(
    ("count", "said"), [(2, "no fault tolerance"), (4, "can lose 1, as 3 can"), (6, "can lose 2, as 5 can")]
)
def test_an_even_number_is_no_safer_than_one_less(count: int, said: str) -> None:
    assert said in warning_of(count)
    assert f"have {count - 1} or {count + 1}" in warning_of(count)
