"""Connections are shared out evenly: no backend of a balancing point is given two more than another.

A balancing point is one service on one network of one host, on ingress one published port of it (`core.mesh.balance`).
Its connections are counted from one change of its backends to the next, as the data plane of the host does it, and
looked at every so often.
"""

from collections.abc import Mapping
from typing import Final

from core.ids import TaskId
from core.mesh.balance import is_even
from core.mesh.routes import RouteKey
from swarmsim.checks.check import Check
from swarmsim.world import World

Given = Mapping[RouteKey, Mapping[TaskId, int]]
"""By balancing point: the connections of each of its backends since one of them last came or went."""

TURNS_EACH: Final = 2
"""So many connections of every backend show that they took turns."""


class EvenBalance(Check):
    """Judged whenever the world is looked at, for every balancing point that has had a connection."""

    name = "even-balance"

    def judge(self, at_ns: int, host: str, given: Given) -> None:
        """The balancing points of `host` have given out these connections."""
        for key, counts in given.items():
            service = f"service {key[2]} on network {key[1]}"
            detail = f"{host} gave the backends of {service} {_least(counts)} to {_most(counts)} connections each"
            self.expect(is_even(counts.values()), at_ns, detail)

    def sample(self, world: World) -> None:
        for host in world.hosts():
            self.judge(world.now_ns, host, world.connections_given(host))


def taking_turns(given: Given) -> set[RouteKey]:
    """The services of which two backends or more have each had several turns."""
    return {key for key, counts in given.items() if len(counts) > 1 and _least(counts) >= TURNS_EACH}


def _least(counts: Mapping[TaskId, int]) -> int:
    return min(counts.values())


def _most(counts: Mapping[TaskId, int]) -> int:
    return max(counts.values())
