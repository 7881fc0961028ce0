"""What an arriving message's term and sender say, before anybody looks at the message itself."""

from typing import get_args, get_origin

from msgspec.structs import fields
from paper_peers import say
from raft_cluster import Cluster, node_name

from core.raft.effects import MessageRefused
from core.raft.intake import TERM_KINDS, TERMLESS
from core.raft.messages import Heartbeat, Message
from core.timing import LAN

N1, N2, N3 = map(node_name, range(1, 4))


def test_every_message_of_the_protocol_has_a_kind() -> None:
    assert set(TERM_KINDS) == {get_origin(member) or member for member in get_args(Message)}


def test_what_has_a_kind_that_goes_by_terms_tells_one() -> None:
    for message_type, kind in TERM_KINDS.items():
        assert kind is TERMLESS or "term" in {field.name for field in fields(message_type)}, message_type


def test_a_second_leader_of_the_same_term_is_refused() -> None:
    """§5.2's election safety makes it impossible, so whoever claims it is in error, and is not followed."""
    cluster = Cluster(3, timing=LAN.raft)
    leader = cluster.elect(N1)
    assert say(cluster, N3, N2, Heartbeat(leader.term, 1, leader.commit_index)) == []
    assert cluster.node(N2).leader_id == N1
    (refused,) = [fact for node_id, fact in cluster.facts if node_id == N2 and isinstance(fact, MessageRefused)]
    assert refused.sender == N3
