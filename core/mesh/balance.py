"""Which backend a new connection goes to: round robin, per host and per service and network, as IPVS does it.

Each host balances each service on each network by itself: that is one balancing point. Round robin is even: from one
change of a balancing point's backends to the next, no backend of it is given two connections more than another.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence

from core.ids import TaskId
from core.mesh.routes import Backend, RouteKey


def is_even(given: Collection[int]) -> bool:
    """Whether connections were given out evenly: how many each backend of one balancing point had of them,

    since one of them last came or went.
    """
    return not given or max(given) - min(given) <= 1


class RoundRobin:
    """The turns of one host: after each backend the next in order of task id, whichever came or went in between."""

    __slots__ = ("_latest",)

    def __init__(self) -> None:
        self._latest: dict[RouteKey, TaskId] = {}

    def choose(self, service: RouteKey, backends: Sequence[Backend]) -> Backend | None:
        """The next of a service's backends, which are in order of task id; None if there is none."""
        if not backends:
            return None
        place = bisect_right(backends, self._latest.get(service, ""), key=_task_id)
        chosen = backends[place % len(backends)]
        self._latest[service] = chosen.task_id
        return chosen

    def forget(self, service: RouteKey) -> None:
        """The service is gone from this network."""
        self._latest.pop(service, None)


def _task_id(backend: Backend) -> str:
    return backend.task_id
