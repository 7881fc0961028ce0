"""Whom a step is about: hosts, links and tasks by description, looked up when the step is played.

`leader` in a scenario means whoever leads at that instant; a host that a description does not fit is simply not in it.
An empty result is an error of the scenario unless the step is a `heal`, `restart`, `resume` or the like.
"""

from collections.abc import Sequence
from enum import Enum

from msgspec import Struct


class HostGroup(Enum):
    """Hosts by what they are at the instant the step is played. All but ALL, KILLED and GONE count live hosts only."""

    LEADER = "leader"
    """The manager that leads the highest term; none while there is no leader."""
    FOLLOWERS = "followers"
    """Managers that are up, without the leader."""
    MANAGERS = "managers"
    WORKERS = "workers"
    """Hosts that are up and not managers."""
    ALL = "all"
    """Every host that was ever started and has not left, up or down."""
    UP = "up"
    """Every host that is up (also written `any host that is up`)."""
    KILLED = "killed"
    """Every host that a step killed and none restarted: by machine or by daemon."""
    PAUSED = "paused"
    LOCKED = "locked"
    """Managers that have restarted and wait for the unlock key."""
    JOINED = "joined"
    """Hosts that a `join` step brought in."""
    GONE = "gone"
    """Hosts that left the swarm or were removed from it, until they join it again."""


class Host(Struct, frozen=True, gc=False, tag="host"):
    """One host by name: m1..mN are the first managers, w1..wN the first workers; joined ones continue the count."""

    name: str


class Group(Struct, frozen=True, gc=False, tag="group"):
    """Every host of a group, in the order of their names' roles and numbers (m1, m2, …, w1, w2, …)."""

    group: HostGroup


class Rack(Struct, frozen=True, gc=False, tag="rack"):
    """Every host of a rack."""

    name: str


class TaskTarget(Struct, frozen=True, gc=False, tag="task"):
    """Tasks that are desired to run: of `service` (full name, such as `vote_web`), in `slot`, or in all if None.

    A global service has no slots: there `host` is where its task is. `count` takes that many of them at random, by the
    world's own source of chance.
    """

    service: str
    slot: int | None = None
    count: int | None = None
    host: str | None = None


class HostOf(Struct, frozen=True, gc=False, tag="host-of"):
    """The hosts that these tasks are assigned to, each once."""

    task: TaskTarget


class Several(Struct, frozen=True, gc=False, tag="several"):
    """The union, each host once, in the order given."""

    targets: tuple["HostTarget", ...]


class Some(Struct, frozen=True, gc=False, tag="some"):
    """`count` hosts drawn at random from `group`: first all of `including`, never one of `excluding`."""

    count: int
    group: HostGroup
    including: "HostTarget | None" = None
    excluding: "HostTarget | None" = None


HostTarget = Host | Group | Rack | HostOf | Several | Some


def several(hosts: Sequence[str]) -> Several:
    """Plain names as a target."""
    return Several(tuple(Host(host) for host in hosts))


def parts_of(target: HostTarget | None) -> tuple[HostTarget, ...]:
    """The single targets of which one consists."""
    if isinstance(target, Several):
        return tuple(part for other in target.targets for part in parts_of(other))
    return () if target is None else (target,)


def named_hosts(target: HostTarget) -> tuple[str, ...]:
    """The hosts that a target calls by name."""
    return tuple(part.name for part in parts_of(target) if isinstance(part, Host))
