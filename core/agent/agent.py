"""The agent of one host."""

from random import Random

from core.agent.events import AgentEvent
from core.agent.records import AgentDurable
from core.durability import Tickets
from core.effects import Effect
from core.ids import Address, NodeId
from core.messages import Manager
from core.timing import DispatcherTiming


class Agent:
    """Made when the host becomes a member, or recovers as one; dropped when it leaves.

    `address` is where this host listens; it is told to the dispatcher.
    """

    managers: tuple[Manager, ...]
    """The managers as last heard of."""
    assigned_raft_id: NodeId | None
    """The Raft member the leader wants this host to be: empty for a worker, None until it has said."""
    assigned_at_version: int
    """The `node_version` of that order: orders only ever rise; one from an older node object is ignored by the host."""

    def __init__(
        self,
        node_id: NodeId,
        address: Address,
        timing: DispatcherTiming,
        tickets: Tickets,
        durable: AgentDurable,
        rng: Random,
        now: int,
    ) -> None:
        raise NotImplementedError

    def step(self, now: int, event: AgentEvent) -> list[Effect]:
        """Send/SendTo, Persist (stream AGENT, records of `core.agent.records`), engine orders, ProgramRoutes, Observe."""
        raise NotImplementedError

    def deadline(self) -> int | None:
        """When the agent next wants a Tick."""
        raise NotImplementedError

    def check_invariants(self) -> None:
        """Assert what always holds."""
        raise NotImplementedError
