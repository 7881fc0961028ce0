"""When a leader certainly led: the beginning of the last round that a majority answered."""

from raft_cluster import Cluster

from core.timing import LAN, SECOND

HEARTBEAT_NS = LAN.raft.heartbeat_ns


def test_a_leader_that_is_followed_led_a_round_ago_at_the_most() -> None:
    cluster = Cluster(3, timing=LAN.raft)
    leader = cluster.elect()
    cluster.pass_time(5 * SECOND)
    at = leader.confirmed_at
    assert at is not None
    assert cluster.now - 2 * HEARTBEAT_NS <= at <= cluster.now


def test_a_follower_never_led() -> None:
    cluster = Cluster(3, timing=LAN.raft)
    cluster.elect()
    cluster.pass_time(SECOND)
    assert {follower.confirmed_at for follower in cluster.followers()} == {None}


def test_one_alone_follows_itself() -> None:
    cluster = Cluster(1, timing=LAN.raft)
    leader = cluster.elect()
    cluster.pass_time(5 * SECOND)
    at = leader.confirmed_at
    assert at is not None
    assert at >= cluster.now - HEARTBEAT_NS


def test_it_stands_still_once_nobody_answers_and_lies_before_any_other_leader() -> None:
    cluster = Cluster(3, timing=LAN.raft)
    old = cluster.elect()
    cluster.pass_time(SECOND)
    cut_at = cluster.now
    cluster.partition([old.id])
    seen: list[int] = []
    while len(cluster.leaders()) < 2 and cluster.now < cut_at + 10 * SECOND:
        if old.confirmed_at is not None:
            seen.append(old.confirmed_at)
        cluster.pass_time(HEARTBEAT_NS // 4)
        if any(leader.id != old.id for leader in cluster.leaders()):
            break
    assert seen
    assert max(seen) <= cut_at < cluster.now


def test_what_is_remembered_of_rounds_is_bounded() -> None:
    cluster = Cluster(3, timing=LAN.raft)
    leader = cluster.elect()
    cluster.pass_time(60 * SECOND)
    assert len(leader._replication.rounds._began_at) < 10
