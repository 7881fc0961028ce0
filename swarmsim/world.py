"""What scenarios, checks and reports need of a world of hosts, simulated or real: one small protocol.

Hosts are known by the scenario's names (m1, w3). Times are nanoseconds since the world began, by the world's own
clock; no host's clock is ever used. Everything that the players and checks do to a world goes through here, so that
they run unchanged on any.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from random import Random
from typing import Any, Final, Protocol

from msgspec import Struct

from core.ids import Address, NetworkId, NodeId, SecretId, TaskId
from core.mesh.routes import RouteKey, RouteTable
from core.objects.node import NodeDescription
from core.operations import Operation
from core.phases import HostPhase
from core.raft.effects import Result
from core.raft.node import RaftNode
from core.store import Changed, Store
from core.timing import MS, Timing
from core.trials.clients import RequestSample, WriterSample
from core.trials.faults import Fault
from swarmsim.scenario.plan import TrafficPlan, WriterPlan


class Power(Enum):
    """Whether a host can do anything at all."""

    OFF = "off"
    """The machine has no power: nothing of it lives but its disk."""
    NO_DAEMON = "no-daemon"
    """The machine runs its containers and forwards packets; its daemon is dead."""
    PAUSED = "paused"
    """The daemon does not get to run; it will not know that time has passed."""
    UP = "up"


class HostStatus(Struct, frozen=True, gc=False):
    """One host, seen from outside at one instant. What only a living daemon can tell is that of its last life."""

    name: str
    rack: str
    power: Power
    phase: HostPhase
    node_id: NodeId
    """Empty while the host is in no swarm."""
    raft_id: NodeId
    """The Raft member it is; empty for a worker."""
    leader_id: NodeId
    """The Raft member that it follows or is; empty if it knows none."""
    voters: tuple[NodeId, ...]
    """The Raft members that vote, by its own log."""
    leads: bool
    """It believes it leads and has applied its term's first entry."""
    term: int
    commit_index: int
    applied_index: int
    in_session: bool
    """Whether its agent holds a session with a manager, as far as it knows."""
    last_index: int
    """The end of its log: what it has, whether or not it knows that it is committed."""
    round: int
    """How often, leading this term, it has asked the other voters whether they follow."""
    confirmed_round: int
    """The last of these times that a majority answered; 0 for one that does not lead."""
    managers: tuple[tuple[NodeId, Address], ...] = ()
    """The managers it knows, and where they are reached."""

    @property
    def lives(self) -> bool:
        """Whether its daemon runs and can answer."""
        return self.power is Power.UP


class NotDoneError(Exception):
    """The world does not do what it was told to, and why."""


class ContainerView(Struct, frozen=True, gc=False):
    """One container, whether or not any daemon knows of it."""

    task_id: TaskId
    running: bool
    healthy: bool
    secrets: tuple[str, ...]
    """Names of the files under /run/secrets that it can read."""
    addresses: tuple[tuple[NetworkId, str], ...]
    """Its overlay addresses, without prefix."""


PATIENCE_MARGIN_NS: Final = 1500 * MS
FactListener = Callable[[int, str, Any], None]
"""Called with time, host and fact: one of `core.facts.SwarmFact`, `core.raft.effects.Fact` or the world's own."""

RaftListener = Callable[[int, str, RaftNode, Sequence[Any]], None]
"""Called with time, host, its Raft member as it is after a step, and the step's effects in order."""

StoreListener = Callable[[Sequence[Changed]], None]
"""Called with what a manager has applied, in order, once it has."""

AppliedListener = Callable[[int, str, RaftNode, int, Any], None]
"""Called with time, host, its Raft member, and the index and command that its state machine is about to carry out."""


class Undo(Protocol):
    """Takes back exactly what one fault did to exactly the hosts and links that it hit; a second call does nothing."""

    def __call__(self) -> None: ...


SentCounts = Mapping[str, Mapping[str, tuple[int, int]]]
"""Per sending host and message type: messages and bytes so far."""


class World(Protocol):
    """A world of hosts. Nothing in it blocks; callbacks run inside `run_until`."""

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the world began."""

    def run_until(self, at_ns: int) -> None:
        """Let time pass up to and including this instant."""

    def call_at(self, at_ns: int, call: Callable[[], None]) -> None:
        """Have `call` called at this instant, or at once if that is past."""

    def look_at(self, at_ns: int, look: Callable[[], None]) -> None:
        """Likewise for those who only look: whether they do, and how often, changes nothing that happens."""

    def random(self, purpose: str) -> Random:
        """A source of chance of the world's own, always the same for the same seed and purpose."""

    @property
    def timing(self) -> Timing:
        """The profile by which every host's timeouts are set."""

    # --- hosts

    def hosts(self) -> tuple[str, ...]:
        """Every host there ever was, in the order they were added."""

    def status(self, host: str) -> HostStatus:
        """One host at this instant; KeyError if there is none of that name."""

    def power(self, host: str) -> Power:
        """As in its status, for those who ask often."""

    def node_id(self, host: str) -> NodeId:
        """Likewise."""

    def leader(self) -> str | None:
        """The living host that leads the highest term; None if nobody does."""

    def address(self, host: str) -> str:
        """Where its daemon listens, as `address:port`."""

    def add_host(self, host: str, rack: str = "") -> None:
        """A new machine, switched on, in no swarm."""

    def description(self, host: str) -> NodeDescription:
        """What the machine says of itself to its swarm."""

    def interfaces(self, host: str) -> Mapping[str, str]:
        """Its network interfaces with their addresses, loopback first."""

    def submit(self, host: str, operation: Operation, answered: Callable[[Result], None]) -> Callable[[], None]:
        """Ask a host as a client would; `answered` is called exactly once, also if the host dies meanwhile.

        Returns what withdraws the request: then it is not answered any more, and may have been carried out or not.
        """

    def apply(self, fault: Fault) -> Undo | None:
        """Have a fault happen; None for one that cannot be taken back.

        Raises NotDoneError, with nothing done, for what would leave no claim to check: the loss of what a majority of
        managers holds. What an operator asks of the swarm (`join`, `scale`, `deploy`, ...) is no fault: it
        goes through `add_host` and `submit`.
        """

    def permit_loss(self, hosts: Sequence[str]) -> None:
        """These hosts are about to forget what they hold, by an order to leave. Raises NotDoneError as `apply` does."""

    # --- clients

    def start_traffic(
        self, plan: TrafficPlan, entry: Callable[[], str | None], took: Callable[[RequestSample], None]
    ) -> Callable[[], None]:
        """Send requests from now on; `entry` names where the next one enters (None: nowhere). Returns what ends it."""

    def start_writer(
        self, plan: WriterPlan, entry: Callable[[], str | None], took: Callable[[WriterSample], None]
    ) -> Callable[[], None]:
        """Start a client of the control plane, likewise."""

    # --- what checks watch

    def observe(self, listener: FactListener) -> None:
        """Have every fact from here on told to `listener`, in order of time."""

    def observe_raft(self, listener: RaftListener) -> None:
        """Have every step of every host's Raft member told to `listener`; a world that cannot see inside never does."""

    def observe_applied(self, listener: AppliedListener) -> None:
        """Have every command that a host's state machine carries out told to `listener`, likewise."""

    def watch_store(self, host: str, listener: StoreListener) -> Callable[[], None]:
        """Have everything told that this host applies while it is a manager; returns what ends it."""

    def wall_ns(self, host: str) -> int:
        """What a host takes for the time of day, in nanoseconds since the epoch."""

    def store(self, host: str) -> Store | None:
        """What a living manager has applied, to be read at once and never written; None for any other host."""

    def programmed_routes(self, host: str) -> tuple[int, RouteTable] | None:
        """Version and content of the table a host forwards by now; None if it has none, or is between two versions."""

    def connections_given(self, host: str) -> Mapping[RouteKey, Mapping[TaskId, int]]:
        """By service that this host balances: the connections of each backend, since one of them last came or went."""

    def containers(self, host: str) -> tuple[ContainerView, ...]:
        """Containers on a host, in the order of their creation."""

    def held_secrets(self, host: str) -> tuple[SecretId, ...]:
        """The secrets that a host's daemon has in memory; none without a daemon."""

    def sent(self) -> SentCounts:
        """What every host has sent so far."""

    def check_invariants(self, full: bool = False) -> None:
        """Have every living host assert its own invariants; AssertionError if one does not hold."""


def patience_ns(timing: Timing) -> int:
    """How long writers wait for an answer before they give up: a good while beyond the profile's limit for refusals."""
    return timing.raft.refusal_ns + PATIENCE_MARGIN_NS
