"""What a leading host runs: clients' writes in, transactions out, and the conversation with every agent.

Theory of operation. A `Manager` is made when this host leads and has applied all that was committed before
(`StateMachine.lead`), and dropped when it leads no longer. It holds two stores: the host's *committed* one, which it only reads,
and its own *head*, a copy that is ahead by what is in flight. `evaluate` and `reconcile` write the head through a
`Draft` for a given log index; the caller must put what they return into the log at exactly that index, in order.
Whatever others may see (assignments, routes, answers to joiners, facts) follows `committed`, never the head.

Every write to the head is told to each reconciler that reads its table. `reconcile` runs the dirty ones, in the order
of the list below, until none is dirty or the draft is full; a step is bounded by the size of a draft.
"""

from random import Random

from core.effects import Effect
from core.ids import NodeId
from core.messages import ToManager
from core.operations import OperationError, Write
from core.raft.machine import Accepted, Rejected
from core.raft.members import Membership, MembershipChange
from core.store import Changed, Store, Transaction
from core.timing import Timing


class Manager:
    """`now` is monotonic nanoseconds of this host; wall time is `now + wall_offset_ns`."""

    def __init__(
        self, committed: Store, timing: Timing, rng: Random, now: int, wall_offset_ns: int, node_id: NodeId
    ) -> None:
        """`node_id` is this host's own. `committed` is applied to by the host, which tells so by `on_committed`."""
        raise NotImplementedError

    def set_wall_offset(self, offset_ns: int) -> None:
        """The wall clock jumped."""
        raise NotImplementedError

    def evaluate(self, now: int, index: int, operation: Write) -> Accepted | Rejected[OperationError]:
        """A client's write as a transaction for the log at `index`; `Rejected.error` is an OperationError.

        The accepted command is a `core.manager.control.Command`-less plain Transaction; the client's answer is
        computed from it at apply (`core.manager.control.answer`).
        """
        raise NotImplementedError

    def reconcile(self, now: int, index: int) -> Transaction | None:
        """One bounded batch of all reconcilers' work for the log at `index`. Call again until None."""
        raise NotImplementedError

    def on_committed(self, now: int, index: int, changes: tuple[Changed, ...]) -> list[Effect]:
        """The committed store has applied the log entry at `index`, with these changes (none if it was refused)."""
        raise NotImplementedError

    def receive(self, now: int, sender: NodeId, message: ToManager) -> list[Effect]:
        """A message from an agent or from a host that wants to join."""
        raise NotImplementedError

    def tick(self, now: int) -> list[Effect]:
        """Time has passed: what is due goes out. `reconcile` is to be called afterwards, as after everything."""
        raise NotImplementedError

    def plan_membership(self, now: int, members: Membership) -> MembershipChange | NodeId | None:
        """What Raft's membership needs next: a change, or a voter to hand leadership to (this host is demoted)."""
        raise NotImplementedError

    def deadline(self) -> int | None:
        """When `tick` and `reconcile` have something to do; `now` or earlier if there is work already."""
        raise NotImplementedError
