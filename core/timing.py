"""Timing profiles: every timeout of a swarm, set together and apart from the network's latency.

`lan` and `wan` are ours; `docker` reproduces what Docker's engine does (moby/swarmkit defaults): deadlines on a
one-second grid per host, elections after 10 to 19 ticks, no PreVote, five-second dispatcher beats.
"""

from typing import Final

from msgspec import Struct

MS: Final = 1_000_000
"""Nanoseconds in a millisecond."""
SECOND: Final = 1_000 * MS
"""Nanoseconds in a second."""
NEVER: Final = 1 << 62
"""A deadline that does not come, nanoseconds: where deadlines are compared all the time, and None would cost."""


class RaftTiming(Struct, frozen=True, gc=False):
    """What `core.raft` needs to know about time. All values in nanoseconds.

    An election timeout is drawn uniformly from [`election_min_ns`, `election_max_ns`], in whole `grid_ns` steps when
    `grid_ns` is not 0 (its deadlines then also lie on that grid of the host's own clock).
    """

    heartbeat_ns: int
    election_min_ns: int
    election_max_ns: int
    refusal_ns: int
    """How long a request waits for a leader with a quorum before it is refused."""
    pre_vote: bool = True
    grid_ns: int = 0

    @property
    def leader_change_ns(self) -> int:
        """How long a majority may need to miss a leader and find another: the longest timeout, twice if votes split."""
        return 2 * self.election_max_ns


class DispatcherTiming(Struct, frozen=True, gc=False):
    """Agent sessions: beats, and how long silence lasts before a node counts as down. All in nanoseconds."""

    heartbeat_ns: int
    heartbeat_jitter_ns: int
    """Each beat is told to the agent as heartbeat ± jitter, so that a cluster's beats spread out."""
    grace_factor: int
    """A node is down after this many heartbeats of silence."""
    failover_grace_factor: int
    """The same for nodes a new leader has not heard from yet."""
    batch_ns: int
    """Status reports and assignments collect for this long before they are sent; 0 sends at the end of the step."""
    backoff_min_ns: int
    backoff_max_ns: int
    """An agent without a session retries after a random delay below a bound that doubles between these two."""


class Timing(Struct, frozen=True, gc=False):
    """One profile."""

    name: str
    raft: RaftTiming
    dispatcher: DispatcherTiming
    restart_delay_after_node_loss: bool
    """Whether a task lost with its node waits for the service's restart delay (Docker does; we do not)."""
    drain_ack_timeout_ns: int = 2 * SECOND
    drain_grace_ns: int = 1 * SECOND


LAN: Final = Timing(
    name="lan",
    raft=RaftTiming(heartbeat_ns=100 * MS, election_min_ns=300 * MS, election_max_ns=600 * MS, refusal_ns=1 * SECOND),
    dispatcher=DispatcherTiming(
        heartbeat_ns=250 * MS,
        heartbeat_jitter_ns=25 * MS,
        grace_factor=4,
        failover_grace_factor=8,
        batch_ns=0,
        backoff_min_ns=20 * MS,
        backoff_max_ns=500 * MS,
    ),
    restart_delay_after_node_loss=False,
)
WAN: Final = Timing(
    name="wan",
    raft=RaftTiming(
        heartbeat_ns=500 * MS, election_min_ns=2 * SECOND, election_max_ns=4 * SECOND, refusal_ns=6 * SECOND
    ),
    dispatcher=DispatcherTiming(
        heartbeat_ns=1 * SECOND,
        heartbeat_jitter_ns=100 * MS,
        grace_factor=4,
        failover_grace_factor=8,
        batch_ns=10 * MS,
        backoff_min_ns=100 * MS,
        backoff_max_ns=2 * SECOND,
    ),
    restart_delay_after_node_loss=False,
)
DOCKER: Final = Timing(
    name="docker",
    raft=RaftTiming(
        heartbeat_ns=1 * SECOND,
        election_min_ns=10 * SECOND,
        election_max_ns=19 * SECOND,
        refusal_ns=20 * SECOND,
        pre_vote=False,
        grid_ns=1 * SECOND,
    ),
    dispatcher=DispatcherTiming(
        heartbeat_ns=5 * SECOND,
        heartbeat_jitter_ns=500 * MS,
        grace_factor=3,
        failover_grace_factor=6,
        batch_ns=100 * MS,
        backoff_min_ns=100 * MS,
        backoff_max_ns=8 * SECOND,
    ),
    restart_delay_after_node_loss=True,
)

PROFILES: Final = {profile.name: profile for profile in (LAN, WAN, DOCKER)}
