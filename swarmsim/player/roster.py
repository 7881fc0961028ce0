"""Whom the descriptions of a scenario mean at this instant: targets in, plain names out."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from core.ids import TaskId
from core.objects import Task
from core.objects.task import TaskState, is_wanted
from core.phases import HostPhase
from core.store import Store
from core.trials.faults import Hosts, Link
from swarmsim.checks.check import furthest_store
from swarmsim.scenario.steps import (
    KILLS,
    Action,
    BreakCable,
    Bridge,
    Move,
    OneWay,
    Partition,
    Resolved,
    Restart,
)
from swarmsim.scenario.targets import (
    Group,
    Host,
    HostGroup,
    HostOf,
    HostTarget,
    Rack,
    Several,
    Some,
    TaskTarget,
)
from swarmsim.world import Power, World


class NobodyThereError(Exception):
    """A description fits nobody, or too few, at this instant."""


class Roster:
    """Looks hosts and tasks up in a world; it also knows what only the story tells: who was killed, who joined."""

    def __init__(self, world: World, rng: Random) -> None:
        self._world = world
        self._rng = rng
        self._belongs = _LIVING
        self.killed: dict[str, None] = {}
        self.joined: dict[str, None] = {}
        self.gone: dict[str, None] = {}
        """Hosts that left the swarm or were removed from it, and did not join again."""

    def remember(self, action: Resolved) -> None:
        """Who is killed from here on, and who no longer."""
        if isinstance(action, KILLS):
            self.killed.update(dict.fromkeys(action.hosts))
        elif isinstance(action, Restart | Move):
            self.revived(action.hosts)

    def revived(self, hosts: Hosts) -> None:
        """These are not killed any more."""
        for host in hosts:
            self.killed.pop(host, None)

    def with_power(self) -> "Roster":
        """The same for expectations: groups count every host that has power, also one that boots and cannot tell yet.

        `all` is every manager among them.
        """
        roster = Roster(self._world, self._rng)
        roster.killed, roster.joined, roster.gone = self.killed, self.joined, self.gone
        roster._belongs = _WITH_POWER
        return roster

    def hosts(self, target: HostTarget) -> tuple[str, ...]:
        """Each host once. NobodyThereError if a named thing is missing; an empty group is an empty tuple."""
        match target:
            case Host(name):
                if name not in self._world.hosts():
                    raise NobodyThereError(f"there is no host {name}")
                return (name,)
            case Group(group):
                return self.group(group)
            case Rack(name):
                return tuple(host for host in self._world.hosts() if self._world.status(host).rack == name)
            case HostOf(task):
                return tuple(dict.fromkeys(host for host, _ in self.tasks(task)))
            case Several(targets):
                return tuple(dict.fromkeys(host for part in targets for host in self.hosts(part)))
            case Some():
                return self._some(target)

    def group(self, group: HostGroup) -> tuple[str, ...]:
        """The hosts of a group, in order."""
        if group is HostGroup.LEADER:
            leader = self._world.leader()
            return (leader,) if leader is not None else ()
        if group is HostGroup.KILLED:
            return tuple(self.killed)
        if group is HostGroup.JOINED:
            return tuple(self.joined)
        if group is HostGroup.GONE:
            return tuple(self.gone)
        belongs = self._belongs[group]
        leader = self._world.leader() if group is HostGroup.FOLLOWERS else None
        return tuple(
            host
            for host in self._world.hosts()
            if host not in self.gone and host != leader and belongs(self._world, host)
        )

    def tasks(self, target: TaskTarget) -> list[tuple[str, TaskId]]:
        """Host and id of each task that fits. NobodyThereError if there is none, or nobody who could tell."""
        store = prevailing_store(self._world)
        if store is None:
            raise NobodyThereError("no manager is up to tell where tasks are")
        names = {self._world.node_id(host): host for host in self._world.hosts()}
        found = [
            (names[task.node_id], task.id)
            for task in store.tasks.values()
            if _fits(task, target) and task.node_id in names and target.host in (None, names[task.node_id])
        ]
        if not found:
            where = "" if target.host is None else f" on {target.host}"
            raise NobodyThereError(f"{target.service} has no task that is meant to run{where}")
        if target.count is not None and target.count < len(found):
            found = sorted(self._rng.sample(found, target.count))
        return found

    def resolve(self, action: Action) -> Resolved:
        """The action with every description of hosts and tasks replaced by names and ids."""
        changes = {name: self._plain(getattr(action, name)) for name in action.__struct_fields__}
        resolved: Resolved = replace(action, **changes)  # type: ignore[assignment]
        if isinstance(resolved, Bridge) and not resolved.groups:
            return replace(resolved, groups=self._halves(resolved.over))
        if isinstance(resolved, Partition | Bridge):
            _check_disjoint(resolved.groups)
        if isinstance(resolved, BreakCable):
            racked = tuple(host for host in resolved.hosts if self._world.status(host).rack)
            return replace(resolved, hosts=racked)
        return resolved

    def _plain(self, value: Any) -> Any:
        if isinstance(value, HostTarget):
            return self.hosts(value)
        if isinstance(value, TaskTarget):
            return tuple(task_id for _, task_id in self.tasks(value))
        if isinstance(value, Link):
            return Link(self.hosts(value.first), self.hosts(value.second))
        if isinstance(value, tuple):
            return tuple(self._plain(part) for part in value)
        return value

    def _some(self, target: Some) -> tuple[str, ...]:
        included = self._required(target.including)
        excluded = self.hosts(target.excluding) if target.excluding is not None else ()
        pool = [host for host in self.group(target.group) if host not in included and host not in excluded]
        wanted_count = target.count - len(included)
        if wanted_count < 0 or wanted_count > len(pool):
            there_are = len(pool) + len(included)
            raise NobodyThereError(f"{target.count} {target.group.value} wanted, there are {there_are}")
        drawn = self._rng.sample(pool, wanted_count)
        return tuple(host for host in self._world.hosts() if host in included or host in drawn)

    def _required(self, target: HostTarget | None) -> tuple[str, ...]:
        if target is None:
            return ()
        hosts = self.hosts(target)
        if not hosts:
            raise NobodyThereError(
                "there is no leader now" if target == Group(HostGroup.LEADER) else "nobody to include"
            )
        return hosts

    def _halves(self, bridge: Hosts) -> tuple[Hosts, Hosts]:
        """The other hosts in two groups: managers and workers alternate between them."""
        halves: tuple[list[str], list[str]] = ([], [])
        for is_manager in (True, False):
            kin = [
                host
                for host in self._world.hosts()
                if host not in bridge and _is_manager(self._world, host) is is_manager
            ]
            middle = (len(kin) + 1) // 2
            halves[0].extend(kin[:middle])
            halves[1].extend(kin[middle:])
        return tuple(halves[0]), tuple(halves[1])


def _check_disjoint(groups: tuple[Hosts, ...]) -> None:
    for number, group in enumerate(groups):
        twice = [host for other in groups[:number] for host in other if host in group]
        if twice:
            raise NobodyThereError(f"{twice[0]} would be in two groups")


def hosts_hit(action: Resolved) -> Hosts:
    """Every host that a resolved action names, each once."""
    match action:
        case Partition(groups):
            parts = groups
        case OneWay(source, destination):
            parts = (source, destination)
        case Bridge(over, groups):
            parts = (over, *groups)
        case _:
            link: Link[Hosts] | None = getattr(action, "link", None)
            parts = (getattr(action, "hosts", ()),) if link is None else (link.first, link.second)
    return tuple(dict.fromkeys(host for part in parts for host in part))


def groups_parted(action: Resolved, all_hosts: Hosts) -> tuple[tuple[Hosts, ...], Hosts]:
    """The groups between which a resolved action lets nothing pass, and the hosts it names nowhere: one group more."""
    if not isinstance(action, Partition | Bridge):
        return (), ()
    named = hosts_hit(action)
    return tuple(group for group in action.groups if group), tuple(host for host in all_hosts if host not in named)


def prevailing_store(world: World) -> Store | None:
    """What everybody is to go by: the leader's store, or without a leader the furthest, from which nobody is told."""
    leader = world.leader()
    return world.store(leader) if leader is not None else furthest_store(world)


def _fits(task: Task, target: TaskTarget) -> bool:
    return (
        task.service_name == target.service
        and is_wanted(task)
        and task.status.state <= TaskState.RUNNING
        and (target.slot is None or task.slot == target.slot)
    )


def _is_manager(world: World, host: str) -> bool:
    return bool(world.status(host).raft_id) or _is_locked(world, host)


def _is_locked(world: World, host: str) -> bool:
    """A manager that waits for its key; it knows of no Raft member until then."""
    return world.status(host).phase is HostPhase.LOCKED


def _manages(world: World, host: str) -> bool:
    """A host has a store as long as it lives and is a manager."""
    return world.store(host) is not None


def _has_power(world: World, host: str) -> bool:
    return world.power(host) is not Power.OFF


def _manages_with_power(world: World, host: str) -> bool:
    """It is a manager, or was one in its last life and has power for another."""
    return _has_power(world, host) and _is_manager(world, host)


_LIVING: Final[Mapping[HostGroup, Callable[[World, str], bool]]] = {
    HostGroup.FOLLOWERS: _manages,
    HostGroup.MANAGERS: _manages,
    HostGroup.WORKERS: lambda world, host: world.power(host) is Power.UP and not _is_manager(world, host),
    HostGroup.ALL: lambda world, host: True,
    HostGroup.UP: lambda world, host: world.power(host) in (Power.UP, Power.PAUSED),
    HostGroup.LOCKED: lambda world, host: _has_power(world, host) and _is_locked(world, host),
    HostGroup.PAUSED: lambda world, host: world.power(host) is Power.PAUSED,
}
"""Whom a step means."""
_WITH_POWER: Final[Mapping[HostGroup, Callable[[World, str], bool]]] = {
    **_LIVING,
    HostGroup.FOLLOWERS: _manages_with_power,
    HostGroup.MANAGERS: _manages_with_power,
    HostGroup.WORKERS: lambda world, host: _has_power(world, host) and not _is_manager(world, host),
    HostGroup.ALL: _manages_with_power,
    HostGroup.UP: _has_power,
}
"""Whom an expectation means."""
