"""When there was no quorum: fewer managers up than make a majority of those that vote. Then nobody can be elected.

A manager that left by force counts among those that vote, as the others go on counting it, but it is not up; once it
has joined again it votes under its new identity, and the old one is still missing. One that is locked is a member that
does not vote: it is not up either.

Of managers that are up but cannot hear each other nothing is said here: that is the faults' to tell.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core.raft.members import Members
from core.raft.quorum import quorum_size
from swarmsim.counting import counted
from swarmsim.report.evidence import Evidence
from swarmsim.report.lanes import HostLane
from swarmsim.report.wording import listed


class QuorumGap(Struct, frozen=True, gc=False):
    """A stretch without a quorum; the counts are those of its worst moment."""

    from_ns: int
    to_ns: int
    ended: bool
    """False if the run ends first."""
    up_count: int
    voter_count: int
    needed_count: int
    varied: bool = False
    """Whether more were up at other moments of it."""
    locked: tuple[str, ...] = ()
    """Those that are not up by this count because they wait for the unlock key."""

    def up(self) -> str:
        """`2 of 5 managers up, 3 needed`, `1 of 3 managers can vote, 2 needed; m3 is locked`."""
        worst = "at worst " if self.varied else ""
        can = "can vote" if self.locked else "up"
        verb = "is" if len(self.locked) == 1 else "are"
        locked = f"; {listed(self.locked)} {verb} locked" if self.locked else ""
        managers = f"{worst}{self.up_count} of {counted(self.voter_count, 'manager')} {can}"
        return f"{managers}, {self.needed_count} needed{locked}"


def quorum_gaps(evidence: Evidence, lanes: Sequence[HostLane]) -> tuple[QuorumGap, ...]:
    """Every one since a leader was first elected, in order of time."""
    began_at = next((fact.at_ns for fact in evidence.of("leader-elected")), None)
    if began_at is None:
        return ()
    voters = _voters(evidence, lanes)
    changes = {at_ns for lane in lanes for span in lane.power for at_ns in (span.from_ns, span.to_ns)}
    changes |= {at_ns for lane in lanes for span in lane.roles for at_ns in (span.from_ns, span.to_ns)}
    changes |= {began_at, *(at_ns for at_ns, _ in voters)}
    times = sorted(at_ns for at_ns in changes if began_at <= at_ns < evidence.end_ns)
    gaps: list[QuorumGap] = []
    for at_ns, to_ns in zip(times, [*times[1:], evidence.end_ns], strict=True):
        _extend(gaps, _looked_at(lanes, voters, at_ns, to_ns, evidence.end_ns))
    return tuple(gaps)


def _looked_at(
    lanes: Sequence[HostLane], voters: Sequence[tuple[int, tuple[str, ...]]], at_ns: int, to_ns: int, end_ns: int
) -> QuorumGap | None:
    """What there is of a gap from one change to the next."""
    voting = [hosts for since_ns, hosts in voters if since_ns <= at_ns][-1]
    if not voting:
        return None
    up_count = sum(lane.host in voting and lane.takes_part_at(at_ns) for lane in lanes)
    needed_count = quorum_size(len(voting))
    if up_count >= needed_count:
        return None
    locked = tuple(lane.host for lane in lanes if lane.host in voting and lane.locked_at(at_ns))
    return QuorumGap(at_ns, to_ns, to_ns < end_ns, up_count, len(voting), needed_count, locked=locked)


def _extend(gaps: list[QuorumGap], part: QuorumGap | None) -> None:
    if part is None:
        return
    if gaps and gaps[-1].to_ns == part.from_ns:
        before = gaps.pop()
        worst = min(before, part, key=lambda gap: (gap.up_count, -len(gap.locked)))
        varied = before.varied or part.up_count != before.up_count
        part = replace(worst, from_ns=before.from_ns, to_ns=part.to_ns, ended=part.ended, varied=varied)
    gaps.append(part)


def _voters(evidence: Evidence, lanes: Sequence[HostLane]) -> list[tuple[int, tuple[str, ...]]]:
    """The host of each vote, from when on: at first who started as a manager, then by the newest membership told."""
    started = tuple(lane.host for lane in lanes if lane.started_as == "manager")
    found = [(-evidence.recording.formed_ns, started)]
    newest = 0
    for fact in evidence.of("membership-changed"):
        if fact.data["index"] > newest:
            newest = fact.data["index"]
            members = msgspec.convert(fact.data["members"], Members)
            found.append((fact.at_ns, tuple(evidence.host_of(each.id) for each in members if each.voter)))
    return found
