"""What a way from one host to another is like just now: its healthy profile, and every condition imposed on it."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from core.timing import MS

US = 1_000
"""Nanoseconds in a microsecond."""


class LinkProfile(Struct, frozen=True, gc=False):
    """A healthy link, in one direction. Latency is uniform within ± `jitter_ns`, plus an exponential tail of mean
    `tail_ns`; messages keep their order but for those held back by `reorder_ratio`. 0 bandwidth = unlimited."""

    latency_ns: int = 250 * US
    jitter_ns: int = 100 * US
    tail_ns: int = 0
    loss_ratio: float = 0.0
    duplicate_ratio: float = 0.0
    reorder_ratio: float = 0.0
    bandwidth_bits_per_s: int = 0


LAN = LinkProfile(bandwidth_bits_per_s=1_000_000_000)
"""One switched segment."""
WAN = LinkProfile(latency_ns=35 * MS, jitter_ns=5 * MS, bandwidth_bits_per_s=100_000_000)
"""30 to 40 ms one way: the wide-area network of the Raft dissertation, chapter 9."""


Matches = Callable[[str, str], bool]
"""Whether something holds for messages from the first host to the second."""


class Condition(Struct, frozen=True):
    """Something that is wrong with the links that match, on top of whatever else is."""

    matches: Matches
    cut: bool = False
    loss_ratio: float = 0.0
    duplicate_ratio: float = 0.0
    reorder_ratio: float = 0.0
    latency_ns: int = 0
    jitter_ns: int = 0
    bandwidth_bits_per_s: int = 0
    """The least of those given counts; 0 = no limit."""


class LinkState(Struct, frozen=True, gc=False):
    """What holds for one link, all taken together."""

    cut: bool
    latency_ns: int
    jitter_ns: int
    tail_ns: int
    loss_ratio: float
    duplicate_ratio: float
    reorder_ratio: float
    bandwidth_bits_per_s: int


def link_state(profile: LinkProfile, distance_ns: int | None, conditions: Iterable[Condition]) -> LinkState:
    """A link between hosts `distance_ns` apart (None: no way) under these conditions, which already match it.

    Ratios combine as independent chances, latencies add up, the narrowest bandwidth counts.
    """
    cut = distance_ns is None
    latency_ns, jitter_ns = profile.latency_ns + (distance_ns or 0), profile.jitter_ns
    passes, once, in_order = 1.0 - profile.loss_ratio, 1.0 - profile.duplicate_ratio, 1.0 - profile.reorder_ratio
    bandwidths = [profile.bandwidth_bits_per_s]
    for condition in conditions:
        cut = cut or condition.cut
        latency_ns += condition.latency_ns
        jitter_ns += condition.jitter_ns
        passes *= 1.0 - condition.loss_ratio
        once *= 1.0 - condition.duplicate_ratio
        in_order *= 1.0 - condition.reorder_ratio
        bandwidths.append(condition.bandwidth_bits_per_s)
    return LinkState(
        cut=cut,
        latency_ns=latency_ns,
        jitter_ns=min(jitter_ns, latency_ns),
        tail_ns=profile.tail_ns,
        loss_ratio=1.0 - passes,
        duplicate_ratio=1.0 - once,
        reorder_ratio=1.0 - in_order,
        bandwidth_bits_per_s=min((bandwidth for bandwidth in bandwidths if bandwidth), default=0),
    )
