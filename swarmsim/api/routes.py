"""Everything that is served: one table. A new group of routes is one more line."""

from typing import Final

from swarmsim.api import info, not_here, system
from swarmsim.api.engine import (
    attach,
    container_logs,
    container_orders,
    containers,
    disk_usage,
    exec_routes,
    images,
    volumes,
)
from swarmsim.api.events import events
from swarmsim.api.route import Route
from swarmsim.api.swarm import networks, nodes, payloads, services, swarm, swarm_logs, tasks

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
    *disk_usage.ROUTES,
    *not_here.ROUTES,
)
