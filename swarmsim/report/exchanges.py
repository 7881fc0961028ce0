"""What clients asked and what they got: requests from outside, writes and reads of the swarm, all in one shape."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from core.trials.clients import Failure, Outcome, WriteOutcome, WriterSample
from swarmsim.player.rates import is_success
from swarmsim.recording import Recording

GOOD = "good"
SLOW = "slow"
"""Answered well, but too late to count as a success."""


class Exchange(Struct, frozen=True, gc=False):
    """One question to the swarm and what came of it."""

    started_at: int
    ended_at: int
    outcome: str
    """`good`, or what went wrong."""
    host: str
    """Where it was asked."""
    failure: Failure | None = None
    """What a request met that was not answered well."""
    said: str = ""
    """What whoever asked the managers was told instead of what they wanted."""

    @property
    def good(self) -> bool:
        """Whether the client got what it wanted."""
        return self.outcome == GOOD


class Clients(Struct, frozen=True):
    """All exchanges of one source in the order they started; `kind` is `requests`, `writes` or `reads`."""

    name: str
    kind: str
    target: str
    service: str
    """That requests are sent to; "" if the managers are asked."""
    rate_per_s: float
    exchanges: tuple[Exchange, ...]


def clients_of(recording: Recording) -> Iterator[Clients]:
    """Every writer's writes, then its reads, then every traffic source."""
    for writer in recording.writers:
        for kind in ("write", "read"):
            of_kind = tuple(
                Exchange(
                    sample.started_at,
                    sample.ended_at,
                    _of_write(sample.outcome),
                    sample.host,
                    said=_said(sample),
                )
                for sample in writer.samples
                if sample.kind == kind
            )
            if of_kind:
                yield Clients(writer.name, f"{kind}s", "the managers", "", writer.rate_per_s, of_kind)
    for traffic in recording.traffic:
        requests = tuple(
            Exchange(
                sample.started_at,
                sample.started_at + sample.latency_ns,
                GOOD if is_success(sample) else SLOW if sample.outcome is Outcome.OK else sample.outcome.value,
                sample.host,
                _by_name(sample.failure, recording.service_names),
            )
            for sample in traffic.samples
        )
        target = f"{traffic.service}:{traffic.port}"
        yield Clients(traffic.name, "requests", target, traffic.service, traffic.rate_per_s, requests)


def _by_name(failure: Failure | None, names: dict[str, str]) -> Failure | None:
    """A table of published ports knows services by their ids alone."""
    if failure is None or failure.service not in names:
        return failure
    return replace(failure, service=names[failure.service])


def _said(sample: WriterSample) -> str:
    """The reason that the client was given, without what follows its colon, which is advice."""
    return sample.detail.partition(":")[0]


def _of_write(outcome: WriteOutcome) -> str:
    return GOOD if outcome is WriteOutcome.ACKNOWLEDGED else outcome.value
