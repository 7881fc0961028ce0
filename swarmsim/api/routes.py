"""Everything that is served: one table. A new group of routes is one more line."""

from typing import Final

from swarmsim.api import (
    attach,
    container_logs,
    container_orders,
    containers,
    events,
    exec_routes,
    images,
    info,
    networks,
    nodes,
    not_here,
    payloads,
    services,
    swarm,
    swarm_logs,
    system,
    tasks,
    volumes,
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
    *payloads.ROUTES,
    *networks.ROUTES,
    *containers.ROUTES,
    *container_orders.ROUTES,
    *container_logs.ROUTES,
    *attach.ROUTES,
    *swarm_logs.ROUTES,
    *exec_routes.ROUTES,
    *images.ROUTES,
    *volumes.ROUTES,
    *not_here.ROUTES,
)
