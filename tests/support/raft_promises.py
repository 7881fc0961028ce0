"""What a Raft peer promises must survive a crash at the moment it does: its disk is asked, not the peer."""

from collections.abc import Mapping
from typing import Any

from raft_peer import Peer

from core.ids import NodeId
from core.raft.effects import EntriesCommitted, Observe, Send
from core.raft.members import Members
from core.raft.messages import AppendAcked, PreVote, PreVoteGranted, RequestVote, VoteAnswered


def check_promise(peers: Mapping[NodeId, Peer], peer: Peer, effect: Any, members_before: Members) -> None:
    """What a message says, or a leader believes committed, would survive a crash at this moment.

    `members_before` are those in force when the step began.
    """
    match effect:
        case Send(message=PreVote() | PreVoteGranted()):
            pass
        case Send(to=to, message=message):
            _check_message(peer, to, message)
        case Observe(fact=EntriesCommitted(last_index=index, last_term=term)) if peer.up.leading:
            memberships = (members_before, peer.up.members)
            assert any(_on_majority(peers, members, index, term) for members in memberships), (
                f"{peer.id} commits index {index}, which no majority holds durably"
            )


def _check_message(peer: Peer, to: NodeId, message: Any) -> None:
    hard_state = peer.synced_hard_state
    assert getattr(message, "term", 0) <= hard_state.term, f"{peer.id} tells a term it may forget"
    if isinstance(message, RequestVote) and hard_state.term == message.term:
        assert hard_state.vote == peer.id, f"{peer.id} campaigns with a vote it may forget"
    elif isinstance(message, VoteAnswered) and message.granted and hard_state.term == message.term:
        assert hard_state.vote == to, f"{peer.id} may forget its vote"
    elif isinstance(message, AppendAcked):
        last_index = max(peer.synced_last_index, peer.synced_snapshot_index)
        assert message.match_index <= last_index, f"{peer.id} may forget what it acknowledges"


def _on_majority(peers: Mapping[NodeId, Peer], members: Members, index: int, term: int) -> bool:
    voters = [peers[member.id] for member in members if member.voter]
    return 2 * sum(voter.holds(index, term) for voter in voters) > len(voters)
