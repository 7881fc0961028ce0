"""Which backend a new connection goes to: round robin, per host and per service and network, as IPVS does it.

Each host balances each service on each network by itself, and each port it publishes on ingress: that is one balancing
point. Its backends are the service's; at a published port, those that publish it. Round robin is even: from one change
of a balancing point's backends to the next, no backend of it is given two connections more than another.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence

from core.ids import TaskId
from core.mesh.publishing import serves
from core.mesh.routes import Backend, RouteKey
from core.objects.port import PortConfig


def is_even(given: Collection[int]) -> bool:
    """Whether connections were given out evenly; `given` counts each backend's since one last came or went."""
    return not given or max(given) - min(given) <= 1


def point_key(service: RouteKey, published: PortConfig | None) -> RouteKey:
    """What a balancing point is called: like its service's route and, where it has one, its port."""
    if published is None:
        return service
    return (*service, f"{published.published_port}/{published.protocol.value}")


class RoundRobin:
    """The turns of one host: after each backend the next in order of task id, whichever came or went in between."""

    __slots__ = ("_latest",)

    def __init__(self) -> None:
        self._latest: dict[RouteKey, dict[PortConfig | None, TaskId]] = {}

    def choose(
        self, service: RouteKey, backends: Sequence[Backend], published: PortConfig | None = None
    ) -> Backend | None:
        """The next of a service's backends, which are in order of task id, or None if there is none.

        Only those that publish it where a published port is given.
        """
        latest = self._latest.setdefault(service, {})
        place = bisect_right(backends, latest.get(published, ""), key=_task_id)
        for number in range(place, place + len(backends)):
            chosen = backends[number % len(backends)]
            if serves(chosen, published):
                latest[published] = chosen.task_id
                return chosen
        return None

    def forget(self, service: RouteKey) -> None:
        """The service is gone from this network."""
        self._latest.pop(service, None)


def _task_id(backend: Backend) -> str:
    return backend.task_id
