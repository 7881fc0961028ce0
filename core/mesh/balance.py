"""Which backend a new connection goes to: round robin, per host and per service and network, as IPVS does it."""

from core.mesh.routes import Backend, RouteKey, ServiceRoute


class RoundRobin:
    """The turns of one host. What a table no longer has costs a number until `forget`."""

    __slots__ = ("_turns",)

    def __init__(self) -> None:
        self._turns: dict[RouteKey, int] = {}

    def choose(self, route: ServiceRoute) -> Backend | None:
        """The next backend in turn; None if there is none."""
        if not route.backends:
            return None
        turn = self._turns.get(route.key, 0)
        self._turns[route.key] = turn + 1
        return route.backends[turn % len(route.backends)]

    def forget(self, key: RouteKey) -> None:
        """The service is gone from this network."""
        self._turns.pop(key, None)
