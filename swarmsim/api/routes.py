"""Everything that is served: one table. A new group of routes is one more line."""

from typing import Final

from swarmsim.api import (
    configs,
    container_logs,
    containers,
    events,
    exec_routes,
    info,
    networks,
    nodes,
    secrets,
    services,
    swarm,
    swarm_logs,
    system,
    tasks,
)
from swarmsim.api.route import Route

ROUTES: Final[tuple[Route, ...]] = (
    *system.ROUTES,
    *info.ROUTES,
    *events.ROUTES,
    *swarm.ROUTES,
    *nodes.ROUTES,
    *services.ROUTES,
    *tasks.ROUTES,
    *secrets.ROUTES,
    *configs.ROUTES,
    *networks.ROUTES,
    *containers.ROUTES,
    *container_logs.ROUTES,
    *swarm_logs.ROUTES,
    *exec_routes.ROUTES,
)
