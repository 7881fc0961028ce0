"""Which pairs of hosts a partition severs, as pictures: a row per sender, a column per receiver, `x` = severed."""

from itertools import product

import pytest

from sim import partitions
from sim.links import Matches

HOSTS = ("a", "b", "c", "d", "e")


def picture(severed: Matches) -> list[str]:
    return ["".join("x" if severed(source, target) else "." for target in HOSTS) for source in HOSTS]


def test_a_split_severs_groups_from_each_other_and_the_rest_is_a_group_of_its_own() -> None:
    assert picture(partitions.split([("a", "b"), ("c",)])) == ["..xxx", "..xxx", "xx.xx", "xxx..", "xxx.."]


def test_one_way_severs_one_direction_only() -> None:
    assert picture(partitions.one_way(("a", "b"), ("b", "c"))) == [".xx..", "..x..", ".....", ".....", "....."]


def test_a_bridge_joins_groups_that_cannot_hear_each_other() -> None:
    assert picture(partitions.bridge(("c",), [("a", "b"), ("d", "e")])) == [
        "...xx", "...xx", ".....", "xx...", "xx...",
    ]  # fmt: skip


def test_a_ring_leaves_each_host_its_two_neighbours() -> None:
    assert picture(partitions.ring(HOSTS)) == ["..xx.", "...xx", "x...x", "xx...", ".xx.."]


def test_a_ring_of_some_leaves_the_others_alone() -> None:
    assert picture(partitions.ring(("a", "b", "c", "d"))) == ["..x..", "...x.", "x....", ".x...", "....."]


def test_isolated_hosts_hear_nobody_not_even_each_other() -> None:
    assert picture(partitions.isolate(("a", "b"))) == [".xxxx", "x.xxx", "xx...", "xx...", "xx..."]


@pytest.mark.parametrize(
    "severed",
    [
        partitions.split([("a", "b")]),
        partitions.bridge(("c",), [("a",), ("b",)]),
        partitions.ring(HOSTS),
        partitions.isolate(("a", "e")),
        partitions.between(("a", "b"), ("b", "c")),
    ],
)
def test_all_but_one_way_sever_both_directions_and_nobody_from_itself(severed: Matches) -> None:
    assert all(severed(one, other) == severed(other, one) for one, other in product(HOSTS, HOSTS))
    assert not any(severed(host, host) for host in HOSTS)


def test_a_host_in_two_groups_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="b is in two groups of one partition"):
        partitions.split([("a", "b"), ("b",)])
