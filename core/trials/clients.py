"""What clients from outside make of a swarm: requests to published ports, writes and reads of the control plane."""

from enum import Enum

from msgspec import Struct


class Outcome(Enum):
    """What became of one request."""

    OK = "ok"
    REFUSED = "refused"
    """Nothing listens: no such published port, or no task at that address."""
    NO_ROUTE = "no-route"
    """The tables of some host on the way had no entry, or no backend."""
    RESET = "reset"
    """The connection broke: whoever served it ended."""
    TIMEOUT = "timeout"
    ERROR = "error"
    """An answer came, and it was an error: the container is not healthy, or a service it calls failed it."""


class RequestSample(Struct, frozen=True, gc=False):
    """One request: when it was sent, and how long until it was answered or given up."""

    started_at: int
    latency_ns: int
    outcome: Outcome
    host: str
    """Where it entered."""
    detail: str = ""
    """Where on its way it failed."""


class WriteOutcome(Enum):
    """What a client of the control plane was told."""

    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    """Against the swarm's rules; certainly not done."""
    REFUSED = "refused"
    """No quorum, no leader, no connection; certainly not done."""
    UNKNOWN = "unknown"
    """It may have been done, or may yet be."""


class WriterSample(Struct, frozen=True, gc=False):
    """One operation of a writer: a write of a fresh key, or a linearizable read of one."""

    kind: str
    """`write` or `read`."""
    key: str
    started_at: int
    ended_at: int
    """When its client was answered, or gave up."""
    outcome: WriteOutcome
    index: int
    """Log index of an acknowledged write, or that an answered read was served at; else 0."""
    present: bool
    """For an answered read: whether the key was there."""
    host: str
    """Where it was asked."""
    detail: str = ""
    """The reason of a refusal."""
