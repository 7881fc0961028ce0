"""Standstills of those who asked the managers that were no outage of the swarm: another manager could have answered.

Who happens to ask a manager that is cut off several times running is not answered, though a leader acts all the while
and other managers would have passed the write on to it. Such times are told, but apart: they say nothing of how long
the swarm was out. Where half of the managers or more were asked in vain, or the leader itself, it was no matter
of luck.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from swarmsim.report.availability import Availability, Standstill, mean_to_repair
from swarmsim.report.lanes import HostLane
from swarmsim.report.leadership import Reign, leaderless
from swarmsim.report.quorum import QuorumGap


def with_bad_luck_apart(
    source: Availability,
    lanes: Sequence[HostLane],
    reigns: Sequence[Reign],
    quorum_gaps: Sequence[QuorumGap],
    end_ns: int,
) -> Availability:
    """What a client got, its standstills being only those in which nobody could have answered it."""
    if source.kind == "requests":
        return source
    outages = ([(gap.from_ns, gap.to_ns) for gap in quorum_gaps], leaderless(reigns, end_ns))
    managers = {lane.host for lane in lanes if lane.started_as == "manager"}
    of_the_swarm: list[Standstill] = []
    bad_luck: list[Standstill] = []
    for each in source.standstills:
        led_by = "" if any(_most(each, spans) for spans in outages) else _led(each, reigns)
        by_chance = 2 * len(managers.intersection(each.in_vain_at)) < len(managers)
        if led_by and led_by not in each.in_vain_at and by_chance:
            bad_luck.append(replace(each, led_by=led_by))
        else:
            of_the_swarm.append(each)
    return replace(
        source,
        standstills=tuple(of_the_swarm),
        bad_luck=tuple(bad_luck),
        standstill_ns=sum(each.length_ns for each in of_the_swarm),
        mean_to_repair_ns=mean_to_repair(of_the_swarm),
    )


def _led(standstill: Standstill, reigns: Sequence[Reign]) -> str:
    leaders = [reign.host for reign in reigns if _most(standstill, [(reign.elected_at_ns, reign.until_ns)])]
    return leaders[-1] if leaders else ""


def _most(standstill: Standstill, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether these cover the greater part of it."""
    covered = (min(to_ns, standstill.to_ns) - max(from_ns, standstill.from_ns) for from_ns, to_ns in spans)
    return 2 * sum(each for each in covered if each > 0) > standstill.length_ns
