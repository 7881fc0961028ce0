"""Who takes part in one Raft group: members, and the single changes from one membership to the next.

Leaf of plain functions over immutable records. A change touches one member, so that the majorities of the membership
before and after it always overlap (Raft dissertation §4.1).
"""

from msgspec import Struct

from core.ids import Address, NodeId


class Member(Struct, frozen=True, gc=False, array_like=True):
    """One peer. A learner (`voter` false) gets the log but has no say (Raft dissertation §4.2.1)."""

    id: NodeId
    address: Address
    voter: bool
    to_be_promoted: bool = False
    """A learner that whoever leads makes a voter once it has caught up."""


Members = tuple[Member, ...]
"""Members in the order in which they joined; each id once."""


class AddMember(Struct, frozen=True, gc=False, array_like=True, tag=True):
    """Add a voter by way of learner: the leader promotes it when it has caught up. Of a learner, PromoteLearner."""

    id: NodeId
    address: Address


class AddLearner(Struct, frozen=True, gc=False, array_like=True, tag=True):
    """Add a learner that stays one until someone asks for its promotion."""

    id: NodeId
    address: Address


class PromoteLearner(Struct, frozen=True, gc=False, array_like=True, tag=True):
    """Make a learner a voter as soon as it has caught up."""

    id: NodeId


class RemoveMember(Struct, frozen=True, gc=False, array_like=True, tag=True):
    """Remove a member for good: its id never returns."""

    id: NodeId


class UpdateAddress(Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A member is to be reached elsewhere."""

    id: NodeId
    address: Address


MembershipChange = AddMember | AddLearner | PromoteLearner | RemoveMember | UpdateAddress


def member_of(members: Members, node_id: NodeId) -> Member | None:
    """The member with this id, or None."""
    for member in members:
        if member.id == node_id:
            return member
    return None


def voters_of(members: Members) -> tuple[NodeId, ...]:
    """Ids of those who vote, in the order of membership."""
    return tuple(member.id for member in members if member.voter)
