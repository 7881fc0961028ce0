"""Whether a timeline can happen in that order: what is undone must have been done before."""

from collections.abc import Sequence
from typing import Final

from core.document import Value
from core.mistakes import each
from swarmsim.scenario import steps
from swarmsim.scenario.steps import Action, Step, verb_of
from swarmsim.scenario.targets import Group, Host, HostGroup, HostTarget, parts_of

_NEEDS_CAUSE: Final = (steps.Resume, steps.Heal, steps.RepairDisk)
"""These make no sense before what they take back; a restart does."""

_GOES: Final = (steps.Leave, steps.RemoveNode)
_IS_OUT_AFTER: Final = (*_GOES, steps.LoseDisk)
"""After these a host is in no swarm."""


def check_chronology(timeline: Sequence[tuple[Value, Step]]) -> None:
    """Refuse a step that undoes what has not been done by then; `timeline` is in order of time."""
    each(range(len(timeline)), lambda number: _check(timeline, number))


def _check(timeline: Sequence[tuple[Value, Step]], number: int) -> None:
    place, step = timeline[number]
    earlier = [other for _, other in timeline[:number]]
    faults = steps.UNDOES[type(step.action)] if isinstance(step.action, _NEEDS_CAUSE) else ()
    if faults and not any(isinstance(other.action, faults) for other in earlier):
        verb = verb_of(step.action)
        place.fail(f"there is nothing to {verb.partition('-')[0]} yet; no fault of that kind comes before")
    _check_groups(place, step.action, earlier)
    _check_secrets(place, step.action, [other.action for other in earlier])
    if isinstance(step.action, steps.Rejoin) and not any(isinstance(other.action, _IS_OUT_AFTER) for other in earlier):
        place.fail("nobody can join again yet; nobody left, was removed or lost a disk before")
    if isinstance(step.action, steps.Restart):
        _check_restart(place, step.action, earlier, [other for _, other in timeline[number + 1 :]])


def _check_groups(place: Value, action: Action, earlier: Sequence[Step]) -> None:
    named = [other.group for other in parts_of(getattr(action, "hosts", None)) if isinstance(other, Group)]
    if HostGroup.KILLED in named and not any(isinstance(other.action, steps.KILLS) for other in earlier):
        place.fail("nothing has been killed by then")
    if HostGroup.GONE in named and not any(isinstance(other.action, _GOES) for other in earlier):
        place.fail("nobody has left or been removed by then")
    if HostGroup.PAUSED in named and not any(isinstance(other.action, steps.Pause) for other in earlier):
        place.fail("nothing has been paused by then")


def _check_secrets(place: Value, action: Action, earlier: Sequence[Action]) -> None:
    rotated = any(isinstance(other, steps.RotateTokens) for other in earlier)
    if isinstance(action, steps.Join) and action.token == steps.OLD_TOKEN and not rotated:
        place.fail("there is no old token yet; no rotate-tokens comes before")
    named = [other.group for other in parts_of(getattr(action, "hosts", None)) if isinstance(other, Group)]
    locks = any(isinstance(other, steps.Autolock) and other.on for other in earlier)
    if (isinstance(action, steps.Unlock) or HostGroup.LOCKED in named) and not locks:
        place.fail("no manager can be locked yet; no autolock: true comes before")


def _check_restart(
    place: Value, restart: steps.Restart[HostTarget], earlier: Sequence[Step], later: Sequence[Step]
) -> None:
    # A restart of a host that is up reboots it; but one that is only killed afterwards was surely meant to come after.
    killed_before = {
        part for step in earlier if isinstance(step.action, steps.KILLS) for part in parts_of(step.action.hosts)
    }
    killed_after = {
        part for step in later if isinstance(step.action, steps.KILLS) for part in parts_of(step.action.hosts)
    }
    for part in parts_of(restart.hosts):
        if isinstance(part, Host) and part in killed_after and not killed_before:
            place.fail(f"host {part.name!r} is restarted before it is killed")
