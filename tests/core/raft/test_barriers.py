"""A barrier is never left waiting for a round that nobody began."""

import pytest
from raft_cluster import Cluster
from raft_registers import Get

from core.raft.node import RaftNode
from core.timing import LAN


@pytest.fixture
def waiting() -> RaftNode:
    """A leader that nobody answers, with two reads that wait for it to be confirmed."""
    cluster = Cluster(3, timing=LAN.raft)
    leader = cluster.elect()
    cluster.partition([])
    for _ in range(2):
        cluster.read(leader.id, Get("x"))
    assert [barrier[0] for barrier in leader._barriers._unconfirmed] == [leader.round, leader.round + 1]
    leader.check_invariants()
    return leader


def test_a_round_that_was_never_begun_is_noticed(waiting: RaftNode) -> None:
    waiting._barriers._unconfirmed.popleft()
    with pytest.raises(AssertionError, match="only"):
        waiting.check_invariants()


def test_rounds_out_of_order_are_noticed(waiting: RaftNode) -> None:
    _, index, action = waiting._barriers._unconfirmed.pop()
    waiting._barriers._unconfirmed.append((waiting.round - 1, index, action))
    with pytest.raises(AssertionError, match="barriers wait for rounds"):
        waiting.check_invariants()
