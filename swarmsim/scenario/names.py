"""What a scenario has given names to, and how long it lasts: what a target or an instant is checked against."""

import re
from typing import Final, NoReturn

from msgspec import Struct
from msgspec.structs import replace

from core.document import Value
from core.suggestions import did_you_mean
from swarmsim.scenario.targets import HostGroup

_OF_MANAGERS: Final = (HostGroup.MANAGERS, HostGroup.FOLLOWERS)
_GROUPS: Final = tuple(group.value for group in HostGroup)


class Names(Struct, frozen=True):
    """Names in the order they came up. `at_ns` is the instant of the step that is being read, if one is."""

    hosts: tuple[str, ...] = ()
    joined_at_ns: dict[str, int] = {}
    """When hosts that are not there from the start join."""
    racks: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    most_replicas: dict[str, int] = {}
    """The most replicas that a service is ever given; services that are global are not in it."""
    roles_change: bool = False
    """Whether any host is promoted or demoted, so that a name no longer tells a role."""
    traffic: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    at_ns: int | None = None
    end_ns: int | None = None
    unread: frozenset[str] = frozenset()
    """Which of these fields could not be read in full: what is not in them may be there all the same."""

    def without(self, *fields: str) -> "Names":
        """The same, where these fields could not be read in full."""
        return replace(self, unread=self.unread.union(fields))

    def check_instant(self, value: Value, instant_ns: int) -> None:
        """Refuse an instant after the declared end."""
        if self.end_ns is not None and instant_ns > self.end_ns:
            value.fail(f"{value.scalar_text()} is after the end of the scenario")

    def check_host(self, value: Value, name: str) -> None:
        """Refuse a host that there is not, or not yet."""
        if name in self.hosts or "hosts" in self.unread:
            return
        joined_at_ns = self.joined_at_ns.get(name)
        if joined_at_ns is None:
            self._fail_unknown_host(value, name)
        if self.at_ns is not None and self.at_ns < joined_at_ns:
            value.fail(f"host {name!r} has not joined yet at that time")

    def check_host_count(self, value: Value, group: HostGroup, count: int) -> None:
        """Refuse more hosts than a group can have at that time, whatever happens."""
        most = self._most_hosts(group)
        if count > most and "hosts" not in self.unread:
            value.fail(f"{count} is too many, there are at most {most} {group.value} at that time")

    def may_be_global(self, service: str) -> bool:
        """Whether a service has, or might have, a task on each host rather than slots."""
        return service not in self.most_replicas

    def check_task_count(self, value: Value, service: str, count: int) -> None:
        """Refuse more tasks than a service is ever given."""
        most = self.most_replicas.get(service)
        if most is not None and count > most:
            value.fail(f"{count} tasks of {service!r} are too many, it never has more than {most}")

    def check_slot(self, value: Value, service: str, slot: int) -> None:
        """Refuse a slot that a service never has."""
        most = self.most_replicas.get(service)
        if most is not None and slot > most:
            value.fail(f"there is no slot {slot} of {service!r}, it never has more than {most} replicas")

    def _most_hosts(self, group: HostGroup) -> int:
        if group is HostGroup.LEADER:
            return 1
        joined = [name for name, at_ns in self.joined_at_ns.items() if self.at_ns is None or at_ns <= self.at_ns]
        hosts = joined if group is HostGroup.JOINED else [*self.hosts, *joined]
        if self.roles_change or group not in (*_OF_MANAGERS, HostGroup.WORKERS):
            return len(hosts)
        return sum(host.startswith("m" if group in _OF_MANAGERS else "w") for host in hosts)

    def _fail_unknown_host(self, value: Value, name: str) -> NoReturn:
        every = (*self.hosts, *self.joined_at_ns)
        counts = ((letter, sum(host.startswith(letter) for host in every)) for letter in "mw")
        there = " and ".join(
            f"{letter}1" if count == 1 else f"{letter}1..{letter}{count}" for letter, count in counts if count
        )
        if re.fullmatch(r"[mw]\d+", name):
            value.fail(f"there is no host {name!r}; there are {there}")
        suggestion = did_you_mean(name, _GROUPS)
        hosts = f"{' H' if suggestion else '; h'}osts are {there}, groups {', '.join(_GROUPS)}"
        value.fail(f"there is no host or group {name!r}{suggestion}{hosts}")
