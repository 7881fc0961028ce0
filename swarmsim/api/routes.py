"""Everything that is served: one table. A new group of routes is one more line."""

from typing import Final

from swarmsim.api import info, nodes, swarm, system
from swarmsim.api.route import Route

ROUTES: Final[tuple[Route, ...]] = (
    *system.ROUTES,
    *info.ROUTES,
    *swarm.ROUTES,
    *nodes.ROUTES,
)
