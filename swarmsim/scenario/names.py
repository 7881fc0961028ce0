"""What a scenario has given names to, and how long it lasts: what a target or an instant is checked against."""

from msgspec import Struct

from core.document import Value, did_you_mean
from swarmsim.scenario.targets import HostGroup


class Names(Struct, frozen=True):
    """Names in the order they came up. `at_ns` is the instant of the step that is being read, if one is."""

    hosts: tuple[str, ...] = ()
    joined_at_ns: dict[str, int] = {}
    """When hosts that are not there from the start join."""
    racks: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    traffic: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    at_ns: int | None = None
    end_ns: int | None = None

    def check_instant(self, value: Value, instant_ns: int) -> None:
        """Refuse an instant after the declared end."""
        if self.end_ns is not None and instant_ns > self.end_ns:
            value.fail(f"{value.scalar_text()} is after the end of the scenario")

    def check_host(self, value: Value, name: str) -> None:
        """Refuse a host that there is not, or not yet."""
        if name in self.hosts:
            return
        joined_at_ns = self.joined_at_ns.get(name)
        if joined_at_ns is None:
            known = (*self.hosts, *self.joined_at_ns, *(group.value for group in HostGroup))
            value.fail(f"there is no host or group {name!r}{did_you_mean(name, known)}")
        if self.at_ns is not None and self.at_ns < joined_at_ns:
            value.fail(f"host {name!r} has not joined yet at that time")
