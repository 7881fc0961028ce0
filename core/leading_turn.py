"""A leader's turn at the end of a step: what this host itself proposes to the group that it leads.

Theory of operation. First the swarm's first objects, should they not be stored yet. Then at most one transaction of
bounded size, written by the control loops. Then one step of Raft's membership towards what the node objects say, unless
the last one is not answered yet; when there is none to make, a number of managers that is no good is told of. Each
proposal may change whether the next is possible, so they are handed out one by one, and each is carried out before the
next is worked out.
"""

from collections.abc import Iterator

from core.facts import ManagersCounted
from core.ids import Ticket
from core.machines import Machines
from core.manager.members.advice import warning_of
from core.membership import Membership
from core.outbox import Outbox
from core.raft.events import ChangeMembership, Propose, Submit, TransferLeadership
from core.raft.members import Members, voters_of

Proposal = Propose | Submit | ChangeMembership | TransferLeadership


class LeadingTurn:
    """Knows of the change of Raft's membership under way."""

    __slots__ = ("_changing", "_machines", "_membership", "_outbox", "_warned_of")

    def __init__(self, machines: Machines, membership: Membership, outbox: Outbox) -> None:
        self._machines = machines
        self._membership = membership
        self._outbox = outbox
        self._changing: Ticket | None = None
        """The request for the change that is not answered yet."""
        self._warned_of = 0
        """The number of managers that observers were last warned of; 0 if there is no reason to."""

    def proposals(self, now: int) -> Iterator[Proposal]:
        """Each is to be given to Raft before the next is asked for."""
        founding = self._membership.entering.finish_founding()
        if founding is not None:
            yield founding
        manager, raft = self._machines.manager, self._machines.raft
        if manager is None or raft is None or not raft.accepting:
            return
        transaction = manager.reconcile(now, raft.last_index + 1)
        if transaction is not None:
            yield Submit((transaction,))
        change = self._change_of_membership(now)
        if change is not None:
            yield change

    def is_own(self, ticket: Ticket) -> bool:
        """Whether an answer is to the change under way, which no client waits for; takes note of it."""
        if ticket != self._changing:
            return False
        self._changing = None
        return True

    def _change_of_membership(self, now: int) -> ChangeMembership | TransferLeadership | None:
        manager, raft = self._machines.manager, self._machines.raft
        if manager is None or raft is None or self._changing is not None:
            return None
        plan = manager.plan_membership(now, raft.members)
        if plan is None:
            self._look_at_count(raft.members)
            return None
        if isinstance(plan, str):
            return TransferLeadership(plan)
        self._changing = self._outbox.own_request()
        return ChangeMembership(self._changing, plan)

    def _look_at_count(self, members: Members) -> None:
        voter_count = len(voters_of(members))
        warning = warning_of(voter_count)
        if any(member.to_be_promoted for member in members) or self._warned_of == (voter_count if warning else 0):
            return
        self._warned_of = voter_count if warning else 0
        self._outbox.observe(ManagersCounted(voter_count, warning))
