"""What travels between hosts: a message with the identities of who sent it and whom it is for.

A host has two identities: its node id, by which agents, dispatchers and joiners know it, and while it is a manager the
id of its Raft member, which is new after every promotion. A Raft message is always from and to Raft members, so that
what was meant for an earlier incarnation of a manager never reaches a later one.
"""

from typing import Final, get_args, get_origin

from core.effects import BecomeKnownAs, SendTo
from core.ids import NodeId
from core.raft.effects import Send
from core.raft.events import Received
from core.raft.messages import Message as RaftMessage

NOBODY: Final = BecomeKnownAs(NodeId(""), NodeId(""))
"""The identities of a host that has just been switched on."""
RAFT_MESSAGES: Final = frozenset(get_origin(kind) or kind for kind in get_args(RaftMessage))
"""The record types that only Raft members exchange."""


Envelope = Received
"""What travels is the very event with which it arrives; `recipient` is empty when only the address is known."""


def seal(known_as: BecomeKnownAs, effect: Send | SendTo) -> Envelope:
    """The envelope in which a host with these identities sends a message."""
    message = effect.message
    recipient = effect.to if type(effect) is Send else NodeId("")
    sender = known_as.raft_id if type(message) in RAFT_MESSAGES else known_as.node_id
    return Envelope(sender, recipient, message)
