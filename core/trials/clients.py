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


class Why(Enum):
    """What a request met that was not answered well; `Failure` says where."""

    NO_HOST_UP = "no-host-up"
    """Its client knew of no host to enter at."""
    UNDER_WAY = "under-way"
    """It had come nowhere yet."""
    ENTRY_WITHOUT_POWER = "entry-without-power"
    """The host that it entered at, and that would have had to answer it, had no power."""
    WITHOUT_POWER = "without-power"
    """The host that it was sent on to had none."""
    UNREACHED = "unreached"
    """Packets from `from_host` to `host` were lost."""
    NOT_PUBLISHED = "not-published"
    """Nothing is on that port of the host it entered at."""
    NOT_IN_NETWORK = "not-in-network"
    """The host has no address in the service's network."""
    NO_BACKEND = "no-backend"
    """The host's tables have no task of the service that may be sent to, or none that publishes the port asked for."""
    NO_NEIGHBOUR = "no-neighbour"
    """The host's tables do not say which host has the address."""
    NOBODY_ANSWERS = "nobody-answers"
    """No container on the host has the address."""
    NO_WAY_BACK = "no-way-back"
    """The host's tables do not say where to answer the asker's address."""
    NOT_RESOLVED = "not-resolved"
    """The host's tables do not have the name."""
    NOT_LISTENING = "not-listening"
    """The service's container on the host does not listen on that port."""
    BEING_SERVED = "being-served"
    """The service's container on the host was at it still."""
    ENDED = "ended"
    """The service's container on the host ended while it was at it."""
    UNHEALTHY = "unhealthy"
    """The service's container on the host is not healthy."""


class FailedCall(Struct, frozen=True, gc=False):
    """A container of `caller` had to ask another service, by this name, and was failed so."""

    caller: str
    called: str
    outcome: Outcome


class Failure(Struct, frozen=True, gc=False, omit_defaults=True):
    """Where on its way a request failed and what it met there; fields that do not matter to `why` are empty."""

    why: Why
    host: str = ""
    """Where it failed: whose tables lacked something, or whom it was sent to in vain."""
    from_host: str = ""
    service: str = ""
    address: str = ""
    port: int = 0
    calls: tuple[FailedCall, ...] = ()
    """The calls that led there, the first one first; none if the request itself did."""

    @property
    def called(self) -> str:
        """The name of the service that was called last; "" if none was but the one requested."""
        return self.calls[-1].called if self.calls else ""


class RequestSample(Struct, frozen=True, gc=False):
    """One request: when it was sent, and how long until it was answered or given up."""

    started_at: int
    latency_ns: int
    outcome: Outcome
    host: str
    """Where it entered."""
    failure: Failure | None = None
    """None if it was answered well."""


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
