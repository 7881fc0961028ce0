"""What the control plane cost: messages and bytes by host and by type, from time 0 to the end."""

from msgspec import Struct

from swarmsim.recording import Recording


class Cost(Struct, frozen=True, gc=False):
    """What was sent of one type, or by one host in all."""

    name: str
    message_count: int
    bytes_count: int


class Costs(Struct, frozen=True, gc=False):
    """`by_host_and_type` has a list of costs by type for each host."""

    message_count: int
    bytes_count: int
    by_host: tuple[Cost, ...]
    """In the recording's order of hosts."""
    by_type: tuple[Cost, ...]
    """The most messages first."""
    by_host_and_type: dict[str, tuple[Cost, ...]]


def costs_of(recording: Recording) -> Costs:
    """All that was sent."""
    by_type: dict[str, tuple[int, int]] = {}
    by_host: dict[str, list[Cost]] = {host.name: [] for host in recording.hosts}
    for sent in recording.messages:
        count, size = by_type.get(sent.type, (0, 0))
        by_type[sent.type] = (count + sent.count, size + sent.bytes)
        by_host.setdefault(sent.host, []).append(Cost(sent.type, sent.count, sent.bytes))
    return Costs(
        message_count=sum(sent.count for sent in recording.messages),
        bytes_count=sum(sent.bytes for sent in recording.messages),
        by_host=tuple(_sum(host, own) for host, own in by_host.items()),
        by_type=_ordered([Cost(name, count, size) for name, (count, size) in by_type.items()]),
        by_host_and_type={host: _ordered(own) for host, own in by_host.items()},
    )


def _sum(host: str, own: list[Cost]) -> Cost:
    return Cost(host, sum(cost.message_count for cost in own), sum(cost.bytes_count for cost in own))


def _ordered(costs: list[Cost]) -> tuple[Cost, ...]:
    return tuple(sorted(costs, key=lambda cost: (-cost.message_count, cost.name)))
