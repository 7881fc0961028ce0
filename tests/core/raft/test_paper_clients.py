"""Claims of "Consensus: Bridging Theory and Practice" (Ongaro 2014) about clients, one test each.

The section is in the docstring.
"""

from paper_peers import N1, quiet
from raft_registers import Get, Put

from core.raft.effects import Applied, OutcomeUnknown, Refused, Role
from core.timing import MS, SECOND


def test_a_leader_without_a_majority_steps_down() -> None:
    """§6.2: a leader steps down if an election timeout elapses without a round of heartbeats to a majority."""
    cluster = quiet()
    leader = cluster.elect()
    cluster.partition([leader.id], [node.id for node in cluster.followers()])
    cluster.pass_time(900 * MS)
    assert leader.role is not Role.LEADER


def test_a_repeated_request_is_applied_once() -> None:
    """§6.3: the state machine remembers the latest serial numbers and their responses."""
    cluster = quiet()
    leader = cluster.elect()
    follower = cluster.followers()[0].id
    ticket = cluster.propose(follower, Put("x", 1))
    forward = cluster.letters[-1]
    for _ in range(3):
        cluster.letters.append(forward)
    cluster.exchange()
    assert isinstance(cluster.result(ticket), Applied)
    assert [command for _, command in cluster.peers[leader.id].machine.applied] == [Put("x", 1)]


def test_a_deposed_leader_answers_no_read() -> None:
    """§6.4: a leader confirms by a round of heartbeats that it has not been deposed before it answers a read."""
    cluster = quiet()
    old = cluster.elect()
    cluster.partition([old.id], [node.id for node in cluster.followers()])
    read = cluster.read(old.id, Get("x"))
    cluster.pass_time(500 * MS)
    assert cluster.result(read) is None
    cluster.pass_time(2 * SECOND)
    assert isinstance(cluster.result(read), Refused)


def test_a_stale_read_is_answered_at_once() -> None:
    """§6.4 leaves it to the client to ask for less: what this member has applied."""
    cluster = quiet()
    assert isinstance(cluster.result(cluster.read(N1, Get("x"), stale=True)), Applied)


def test_a_write_cut_off_from_its_leader_has_an_unknown_outcome() -> None:
    """§6.3: a client that gets no answer cannot tell; it is told so."""
    cluster = quiet()
    leader = cluster.elect()
    follower = cluster.followers()[0].id
    cluster.partition([leader.id], [follower])
    ticket = cluster.propose(follower, Put("x", 1))
    cluster.pass_time(12 * SECOND)
    assert isinstance(cluster.result(ticket), OutcomeUnknown)
