"""The services of a host's tables by what they are looked up by: published ports, virtual addresses, names.

Several may claim the same for a while, as when one follows on another; they are few, so the one that has it is found
among them at each look-up.
"""

from typing import Generic, TypeVar

from core.ids import NetworkId
from core.mesh.names import claim
from core.mesh.routes import RouteKey, ServiceRoute
from core.objects.port import PortConfig, Protocol

WhatT = TypeVar("WhatT")


class _Claims(Generic[WhatT]):
    """Who claims what."""

    __slots__ = ("_claimants",)

    def __init__(self) -> None:
        self._claimants: dict[WhatT, dict[RouteKey, ServiceRoute]] = {}

    def add(self, what: WhatT, route: ServiceRoute) -> None:
        self._claimants.setdefault(what, {})[route.key] = route

    def drop(self, what: WhatT, route: ServiceRoute) -> None:
        claimants = self._claimants.get(what, {})
        claimants.pop(route.key, None)
        if not claimants:
            self._claimants.pop(what, None)

    def of(self, what: WhatT) -> list[ServiceRoute]:
        return list(self._claimants.get(what, {}).values())

    def claimed(self) -> list[WhatT]:
        return list(self._claimants)


class ServiceIndex:
    """Kept as service routes come and go."""

    def __init__(self) -> None:
        self._by_port: _Claims[tuple[int, Protocol]] = _Claims()
        self._by_virtual_ip: _Claims[tuple[NetworkId, str]] = _Claims()
        self._by_name: _Claims[tuple[NetworkId, str]] = _Claims()

    def add(self, route: ServiceRoute) -> None:
        """This route is there now; it was not before."""
        for port in route.ports:
            self._by_port.add((port.published_port, port.protocol), route)
        for name in route.names:
            self._by_name.add((route.network_id, name), route)
        if route.virtual_ip:
            self._by_virtual_ip.add((route.network_id, route.virtual_ip), route)

    def drop(self, route: ServiceRoute) -> None:
        """This route, which was there, is there no more."""
        for port in route.ports:
            self._by_port.drop((port.published_port, port.protocol), route)
        for name in route.names:
            self._by_name.drop((route.network_id, name), route)
        self._by_virtual_ip.drop((route.network_id, route.virtual_ip), route)

    def published(self, port: int, protocol: Protocol) -> tuple[ServiceRoute, PortConfig] | None:
        """The service behind a port of every host, and what it says of that port."""
        route = min(self._by_port.of((port, protocol)), key=_by_id, default=None)
        if route is None:
            return None
        found = (each for each in route.ports if (each.published_port, each.protocol) == (port, protocol))
        return route, next(found)

    def ports(self) -> list[tuple[int, Protocol]]:
        """All that are published."""
        return self._by_port.claimed()

    def virtual(self, network_id: NetworkId, address: str) -> ServiceRoute | None:
        """The service behind a virtual address of a network."""
        return min(self._by_virtual_ip.of((network_id, address)), key=_by_id, default=None)

    def named(self, network_id: NetworkId, name: str) -> ServiceRoute | None:
        """The service that a name on a network means."""
        return min(self._by_name.of((network_id, name)), key=lambda route: claim(name, route), default=None)


def _by_id(route: ServiceRoute) -> tuple[str, str]:
    return route.service_id, route.network_id
