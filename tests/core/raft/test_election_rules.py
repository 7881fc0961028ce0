"""Who gets a turn, and who gets a vote: rules that only show when a peer that cannot win is the most eager one."""

from paper_peers import say
from raft_cluster import Cluster, node_name
from raft_registers import Put

from core.ids import NodeId
from core.raft.effects import ElectionStarted, LeaderElected, Role
from core.raft.messages import Heartbeat, PreVote, PreVoteGranted, RequestVote, VoteAnswered
from core.timing import DOCKER, LAN, MS, SECOND

N1, N2, N3 = map(node_name, range(1, 4))


def leaderless(cluster: Cluster) -> tuple[NodeId, NodeId]:
    """Elect somebody who writes a few entries and dies; the two that are left, silent towards each other."""
    leader = cluster.elect()
    for number in range(5):
        cluster.propose(leader.id, Put("x", number))
    cluster.exchange()
    cluster.crash(leader.id)
    cluster.partition([])
    cluster.letters.clear()
    first, second = cluster.live()
    return first.id, second.id


def test_a_pre_vote_is_for_those_who_could_win() -> None:
    """§9.6: "it would grant a vote if its log is up-to-date" and no leader was heard."""
    cluster = Cluster(3, timing=LAN.raft)
    voter, asker = leaderless(cluster)
    log = cluster.node(voter).log
    question = PreVote(7, log.last_index, log.last_term)
    assert say(cluster, asker, voter, question) == []  # It heard a leader just now.
    cluster.now += cluster.timing.election_min_ns
    assert say(cluster, asker, voter, PreVote(7, log.last_index - 1, log.last_term)) == []
    assert say(cluster, asker, voter, question) == [PreVoteGranted(7, cluster.node(voter).term)]


def test_who_cannot_win_does_not_keep_who_can_from_its_turn() -> None:
    """§3.4: only a leader, or granting a vote, puts off a follower's own campaign; a newer term alone does not."""
    cluster = Cluster(3, timing=LAN.raft)
    fit, behind = leaderless(cluster)
    began_at, term = cluster.now, cluster.node(fit).term
    before = len(cluster.facts)
    for _ in range(100):
        cluster.now += 50 * MS
        cluster.tick_due()
        term += 1
        if any(isinstance(fact, ElectionStarted) for who, fact in cluster.facts[before:] if who == fit):
            break
        answers = say(cluster, behind, fit, RequestVote(term, 0, 0))
        assert VoteAnswered(term, granted=True) not in answers
    assert cluster.now - began_at <= cluster.timing.election_max_ns + 50 * MS


def test_a_new_leader_makes_itself_known_at_once() -> None:
    """§3.4: a candidate that wins sends to all others, to establish its authority and prevent new elections."""
    cluster = Cluster(5)
    cluster.run_until(lambda: any(isinstance(fact, LeaderElected) for _, fact in cluster.facts), 20 * SECOND)
    (leader_id,) = {who for who, fact in cluster.facts if isinstance(fact, LeaderElected)}
    cluster.exchange()
    assert all(node.leader_id == leader_id for node in cluster.live())


def test_a_split_vote_is_followed_by_another_term() -> None:
    """§3.4: each candidate times out and starts a new election; random timeouts see to it that one of them wins."""
    cluster = Cluster(4, timing=DOCKER.raft)
    peers = [node.id for node in cluster.live()]
    pairs = peers[:2], peers[2:]
    cluster.partition(*pairs)
    for first, second in pairs:
        say(cluster, second, first, RequestVote(1, 0, 0))  # Two of four votes each: nobody has three.
    assert not cluster.leaders()
    assert {cluster.node(first).term for first, _ in pairs} == {1}
    cluster.letters.clear()
    cluster.heal()
    leader = cluster.elect()
    assert leader.term > 1
    assert leader.role is Role.LEADER


def test_silence_is_counted_in_ticks_by_voters_too() -> None:
    """swarmkit's grid: the first to time out is not refused by who heard the same beat (etcd's electionElapsed)."""
    cluster = Cluster(3, timing=DOCKER.raft)
    leader = cluster.elect()
    voter, asker = (node.id for node in cluster.followers())
    cluster.partition([])
    cluster.now += SECOND // 2
    say(cluster, leader.id, voter, Heartbeat(leader.term, 1_000, leader.commit_index))
    deadline = cluster.node(voter).deadline()
    assert deadline is not None
    first_tick_at = cluster.now + (deadline - cluster.now) % SECOND  # a host's deadlines lie on its ticks
    log = cluster.node(voter).log
    request = RequestVote(leader.term + 1, log.last_index, log.last_term)
    cluster.now = first_tick_at + 9 * SECOND - 1
    assert say(cluster, asker, voter, request) == []
    cluster.now = first_tick_at + 9 * SECOND
    assert say(cluster, asker, voter, request) == [VoteAnswered(leader.term + 1, granted=True)]
