"""The `docker` profile elects as Docker's engine does: beside a naive model of swarmkit's rules, many times over.

The model (`by_the_rules`) knows ticks, the lease of CheckQuorum and votes, and nothing of the code under test; messages
take no time in it, as in `Cluster`. Docker's own engine was measured at 14.1, 16.6 and 11.0 s in a few runs each.
"""

import statistics
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from random import Random

import pytest
from raft_cluster import Cluster

from core.timing import DOCKER, SECOND

TRIALS = 1_000
MODEL_TRIALS = 4_000


def by_the_rules(voter_count: int, survivor_count: int, rng: Random) -> float:
    """Seconds from the leader's death until somebody wins: election after 10 to 19 ticks of one second, no PreVote."""
    elapsed, term, vote = [0] * survivor_count, [0] * survivor_count, [-1] * survivor_count
    follows = [True] * survivor_count
    timeout = [rng.randint(10, 19) for _ in range(survivor_count)]
    last_beat = -rng.random()
    ticks = [(last_beat + rng.random(), each) for each in range(survivor_count)]
    heapify(ticks)
    while True:
        at, asker = heappop(ticks)
        heappush(ticks, (at + 1, asker))
        elapsed[asker] += 1
        if elapsed[asker] < timeout[asker]:
            continue
        elapsed[asker], timeout[asker] = 0, rng.randint(10, 19)
        term[asker], vote[asker], follows[asker] = term[asker] + 1, asker, False
        votes = 1
        for voter in range(survivor_count):
            if voter == asker or (follows[voter] and elapsed[voter] < 10) or term[voter] > term[asker]:
                continue
            if term[voter] < term[asker]:
                term[voter], vote[voter], follows[voter] = term[asker], -1, False
            if vote[voter] == -1:
                vote[voter], elapsed[voter] = asker, 0
                votes += 1
        if 2 * votes > voter_count:
            return at


def by_raft(voter_count: int, survivor_count: int, rng: Random) -> float:
    """The same of the real thing: the leader and others die at a random moment."""
    cluster = Cluster(voter_count, seed=rng.getrandbits(32), timing=DOCKER.raft, check_full=False)
    leader = cluster.elect()
    cluster.pass_time(3 * SECOND + rng.randrange(SECOND))
    cluster.crash(leader.id)
    for node in cluster.live()[survivor_count:]:
        cluster.crash(node.id)
    return cluster.run_until(lambda: bool(cluster.leaders()), 200 * SECOND) / SECOND


def mean_and_error(
    trial: Callable[[int, int, Random], float], counts: tuple[int, int], trials: int
) -> tuple[float, float]:
    rng = Random(7)
    times = [trial(*counts, rng) for _ in range(trials)]
    return statistics.mean(times), statistics.stdev(times) / trials**0.5


@pytest.mark.parametrize(("voter_count", "survivor_count"), [(5, 4), (5, 3), (3, 2)])
def test_elections_take_as_long_as_by_swarmkits_rules(voter_count: int, survivor_count: int) -> None:
    counts = voter_count, survivor_count
    expected, expected_error = mean_and_error(by_the_rules, counts, MODEL_TRIALS)
    measured, measured_error = mean_and_error(by_raft, counts, TRIALS)
    assert abs(measured - expected) < 3 * (expected_error + measured_error), (measured, expected)
    assert 11 < expected < 14
