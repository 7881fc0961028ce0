"""Which hosts a partition names in no group, as far as the file alone tells: they form a group of their own."""

from collections.abc import Iterator
from typing import Final

from swarmsim.scenario.plan import Scenario
from swarmsim.scenario.steps import Bridge, Demote, Partition, Promote, Step
from swarmsim.scenario.targets import Group, Host, HostGroup, HostTarget, Rack, Several, Some

_OF_MANAGERS: Final = (HostGroup.LEADER, HostGroup.FOLLOWERS, HostGroup.MANAGERS)


def left_out(scenario: Scenario) -> Iterator[tuple[Step, tuple[str, ...]]]:
    """Steps that part the hosts, each with those of the start whom no description in it can fit, if there are any."""
    roles_change = any(isinstance(step.action, Promote | Demote) for step in scenario.timeline)
    racks = {rack.name: rack.hosts for rack in scenario.cluster.racks}
    for step in scenario.timeline:
        named = _named(step)
        hosts = tuple(
            host
            for host in scenario.cluster.host_names
            if not any(_may_be(target, host, racks, roles_change) for target in named)
        )
        if named and hosts:
            yield step, hosts


def _named(step: Step) -> tuple[HostTarget, ...]:
    match step.action:
        case Partition(groups):
            return groups
        case Bridge(over, groups) if groups:
            return (over, *groups)
    return ()


def _may_be(target: HostTarget, host: str, racks: dict[str, tuple[str, ...]], roles_change: bool) -> bool:
    """Whether this host can be one of those meant, whoever leads and is up by then."""
    match target:
        case Host(name):
            return name == host
        case Rack(name):
            return host in racks.get(name, ())
        case Several(targets):
            return any(_may_be(each, host, racks, roles_change) for each in targets)
        case Group(group):
            return roles_change or _fits(group, host)
        case Some():
            included = target.including is not None and _may_be(target.including, host, racks, roles_change)
            return included or roles_change or _fits(target.group, host)
    return True


def _fits(group: HostGroup, host: str) -> bool:
    """By the role that its name tells."""
    if group is HostGroup.JOINED:
        return False
    if group is HostGroup.WORKERS:
        return host.startswith("w")
    return host.startswith("m") if group in _OF_MANAGERS else True
