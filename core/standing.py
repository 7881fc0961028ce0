"""Where a host stands: its identity on disk, its phase, whom others take it for, and who keeps its routing table.

Theory of operation. Each way into a swarm or out of it, or to another Raft member, writes one new identity, has the
machines follow it, and moves to the phase that `core.phases` lists for it. What all those ways do is here; which way is
taken when is the matter of `core.membership`, `core.entering`, `core.orders` and `core.renewing`.
"""

from msgspec.structs import replace

from core.agent.records import AgentDurable
from core.backoff import Backoff
from core.durability import Stream
from core.durable import Identity
from core.effects import BecomeKnownAs, SealWith
from core.envelope import NOBODY
from core.facts import HostPhaseChanged
from core.founding import Founder
from core.ids import NodeId, Ticket
from core.machines import Machines
from core.outbox import Outbox
from core.phases import TRANSITIONS, HostPhase, HostStimulus, phase_of
from core.route_removal import RouteRemoval
from core.unlock_key import check_of


class Standing:
    """`identity` and `phase` are written here only, but for what a host finds on its disk at a start."""

    __slots__ = ("_founder", "_machines", "_outbox", "identity", "joining_as", "phase", "route_removal")

    def __init__(self, machines: Machines, outbox: Outbox, founder: Founder, backoff: Backoff) -> None:
        self.identity = Identity()
        self.phase = HostPhase.INACTIVE
        self.joining_as = NodeId("")
        """The node it asks to become."""
        self.route_removal = RouteRemoval(outbox.tickets, backoff)
        self._machines = machines
        self._outbox = outbox
        self._founder = founder

    def check_invariants(self) -> None:
        """Assert that phase, identity and machines say the same."""
        identity, phase = self.identity, self.phase
        agent, raft = self._machines.agent, self._machines.raft
        if agent is None:
            assert phase is HostPhase.LOCKED or not identity.node_id, ("a node, and there is no agent", identity)
            assert phase is not HostPhase.WORKER, "a worker without an agent"
        else:
            assert phase is phase_of(identity), ("another phase than the disk says", phase, identity)
            assert self.route_removal.deadline() is None, "the agent's table would be emptied"
        if raft is None:
            assert phase is not HostPhase.MANAGER, "a manager without a Raft member"
            assert identity.founding is None, "only a manager can finish founding"
        else:
            assert raft.id == identity.raft_id, "another Raft member than the disk says"
            assert raft.id != identity.lost_raft_id, "a member that forgot its promises"
            assert raft.id not in identity.former_raft_ids, "a member of a group that has ended"
        assert self._machines.keep_containers == (phase is HostPhase.LOCKED), ("whose containers are these?", phase)
        known_as = self.known_as().node_id
        assert self._outbox.node_id == known_as, "messages to itself would leave, or others' would stay"

    # --- the identity -------------------------------------------------------------------------------------------

    def write(self, identity: Identity) -> Ticket:
        """This is who the host is from here on, and on its disk once the ticket is durable."""
        self.identity = identity
        return self._outbox.persist(Stream.IDENTITY, identity)

    def remember_key(self, key: str) -> None:
        """Start only with this unlock key from here on; without any, if it is empty."""
        if check_of(key) != self.identity.key_check:
            self.seal_with(key)
            self.write(replace(self.identity, key_check=check_of(key)))

    def seal_with(self, key: str) -> None:
        """Have the driver seal what is secret on the disk with this key, or unseal it; the identity is to follow."""
        if key or self.identity.key_check:
            self._outbox.emit([SealWith(key)])

    # --- the phase ----------------------------------------------------------------------------------------------

    def move(self, stimulus: HostStimulus) -> None:
        """Go where the table says; what it does not list must not have come this far."""
        assert stimulus in TRANSITIONS[self.phase], (self.phase, stimulus)
        self.enter(TRANSITIONS[self.phase][stimulus])

    def enter(self, phase: HostPhase) -> None:
        """Tell the driver who this host is now, and observers which phase it is in."""
        changes = phase is not self.phase
        self.phase = phase
        known_as = self.known_as()
        self._outbox.node_id = known_as.node_id
        self._outbox.emit([known_as])
        if changes:
            self._outbox.observe(HostPhaseChanged(phase.value))

    def known_as(self) -> BecomeKnownAs:
        """Whom others are to take this host for: one that is locked is nobody."""
        if self.phase is HostPhase.LOCKED:
            return NOBODY
        return BecomeKnownAs(self.joining_as or self.identity.node_id, self.identity.raft_id)

    # --- the machines -------------------------------------------------------------------------------------------

    def become_node(self, now: int, durable: AgentDurable) -> None:
        """From here on an agent keeps the routing table."""
        self.route_removal.end()
        self._machines.start_agent(now, self.identity, durable)

    def forget_routes(self, now: int) -> None:
        """Have the data plane forward nothing any more: in no swarm nobody keeps a table up to date."""
        self._outbox.emit([self.route_removal.begin(now)])

    def stop_raft(self) -> None:
        """This host is the Raft member that it was no more."""
        self._machines.stop_raft()
        self._founder.stop()
