"""How the swarm got over each disturbance: which stages it went through, and when each was reached.

Stages that were not needed are left out: where no leader was lost there is no election to show, where no task was lost
none to replace. A stage that was reached only after something else had been done to the swarm counts as waited for in
vain, with the time it took all the same: who knows whether it would have been reached without.
"""

from collections.abc import Sequence

from msgspec import Struct

from swarmsim.report.course import Course, Found, within
from swarmsim.report.disturbances import Disturbance
from swarmsim.report.recovery_of_managers import (
    election,
    hosts_back,
    hosts_down,
    leader_was_lost,
    next_reign,
    sessions,
)
from swarmsim.report.recovery_of_services import requests, tables, tasks
from swarmsim.report.stages import AFTER, STAGES


class Stage(Struct, frozen=True, gc=False):
    """One stage, reached at `at_ns`, before the next disturbance."""

    name: str
    at_ns: int
    since_ns: int
    """After the disturbance."""
    waited_from_ns: int
    """After the disturbance: when what it waits for was there."""
    note: str
    """Who, or how many."""
    inherited: bool = False
    """It put an end to what had begun before the disturbance."""


class InVain(Struct, frozen=True, gc=False):
    """A stage that was not reached before the next disturbance."""

    name: str
    came_ns: int | None
    """After the disturbance, if it was reached later; None: never."""
    after: str
    """The last disturbance before it came, or if it never did, the one that followed; "" if none did."""
    note: str
    """Who, or why."""


class Anatomy(Struct, frozen=True, gc=False):
    """One disturbance and the stages of getting over it, as they were reached."""

    at_ns: int
    until_ns: int
    text: str
    hosts: tuple[str, ...]
    failover: bool
    """Whether another leader had to be elected, or was."""
    stages: tuple[Stage, ...]
    unfinished: tuple[InVain, ...]

    def took_ns(self, name: str) -> int | None:
        """How long a stage took, later disturbances or not; None if it was never reached or is none of these."""
        for stage in self.stages:
            if stage.name == name:
                return stage.since_ns
        return next((each.came_ns for each in self.unfinished if each.name == name), None)


def anatomies_of(course: Course, disturbances: Sequence[Disturbance]) -> tuple[Anatomy, ...]:
    """Of each disturbance, in order of time."""
    return tuple(_anatomy(course, each, disturbances) for each in disturbances)


def _anatomy(course: Course, disturbance: Disturbance, disturbances: Sequence[Disturbance]) -> Anatomy:
    reign = next_reign(course, disturbance)
    elected = reign is not None and within(disturbance, reign.elected_at_ns)
    failover = elected or leader_was_lost(course, disturbance)
    found: list[Found] = []
    if failover:
        found += election(course, disturbance)
    if reign is not None and elected:
        found += sessions(course, reign)
    found += hosts_down(course, disturbance)
    found += hosts_back(course, disturbance)
    found += tasks(course, disturbance)
    found += tables(course, disturbance, max([disturbance.at_ns, *_times_of(found, disturbance)]))
    found += requests(course, disturbance, found)
    return Anatomy(
        at_ns=disturbance.at_ns,
        until_ns=disturbance.next_at_ns,
        text=disturbance.text,
        hosts=disturbance.hosts,
        failover=failover,
        stages=_reached(found, disturbance),
        unfinished=_in_vain(found, disturbance, disturbances),
    )


def _times_of(found: Sequence[Found], disturbance: Disturbance) -> list[int]:
    return [each.at_ns for each in found if each.at_ns is not None and within(disturbance, each.at_ns)]


def _reached(found: Sequence[Found], disturbance: Disturbance) -> tuple[Stage, ...]:
    at = {each.name: each.at_ns - disturbance.at_ns for each in found if each.at_ns is not None}
    stages = [
        Stage(each.name, each.at_ns, at[each.name], _waited_from(each.name, at), each.note, inherited=each.inherited)
        for each in found
        if each.at_ns is not None and within(disturbance, each.at_ns)
    ]
    return tuple(sorted(stages, key=lambda stage: stage.at_ns))


def _waited_from(name: str, reached: dict[str, int]) -> int:
    before = (reached[other] for other in AFTER.get(name, ()) if other in reached)
    return max((since_ns for since_ns in before if since_ns <= reached[name]), default=0)


def _in_vain(
    found: Sequence[Found], disturbance: Disturbance, disturbances: Sequence[Disturbance]
) -> tuple[InVain, ...]:
    in_vain = []
    for each in found:
        if each.at_ns is None:
            in_vain.append(InVain(each.name, None, disturbance.next_text, each.note))
        elif not within(disturbance, each.at_ns):
            before = [other.text for other in disturbances if other.at_ns <= each.at_ns]
            in_vain.append(InVain(each.name, each.at_ns - disturbance.at_ns, before[-1], each.note))
    order = list(STAGES)
    return tuple(sorted(in_vain, key=lambda each: order.index(each.name)))
