"""What Docker's API has and simulated hosts cannot do: refused in words, since "page not found" tells nobody why."""

from typing import Final

from swarmsim.api.call import Call, Json
from swarmsim.api.errors import not_found, unsupported
from swarmsim.api.route import FILTERS, Route


async def refuse(call: Call) -> Json:
    """Always."""
    raise unsupported(f"{call.request.method} {call.request.path}: simulated hosts cannot do that")


async def no_plugins(call: Call) -> Json:
    """There are none."""
    call.filters("capability", "enable")
    return []


async def prune_builds(call: Call) -> Json:
    """Nothing is built here, so nothing is kept of it."""
    return {"CachesDeleted": None, "SpaceReclaimed": 0}


async def no_plugin(call: Call) -> Json:
    """There is none of that name; `docker inspect` asks here last, after all else."""
    raise not_found(f"plugin {call.path('id')!r} not found")


_REFUSED: Final = (
    ("POST", "/auth", "Check credentials of a registry."),
    ("POST", "/build", "Build an image."),
    ("POST", "/commit", "Make an image of a container."),
    ("GET", "/images/search", "Search a registry."),
    ("GET", "/images/get", "Save images."),
    ("POST", "/images/load", "Load images."),
    ("GET", "/images/{name}/get", "Save an image."),
    ("GET", "/images/{name}/history", "The layers of an image."),
    ("POST", "/images/{name}/push", "Push an image."),
    ("POST", "/images/{name}/tag", "Name an image otherwise."),
    ("POST", "/networks/{id}/connect", "Attach a container to a network."),
    ("POST", "/networks/{id}/disconnect", "Detach a container from a network."),
    ("POST", "/plugins/pull", "Install a plugin."),
)
ROUTES: Final = (
    *(
        Route(method, path, refuse, f"{summary} Cannot be done here.", errors=(501,))
        for method, path, summary in _REFUSED
    ),
    Route("GET", "/plugins", no_plugins, "The plugins of this host.", query=(FILTERS,), answer="Plugin[]"),
    Route("GET", "/plugins/{id}/json", no_plugin, "One plugin: there is none.", errors=(404,)),
    Route("POST", "/build/prune", prune_builds, "Remove what builds have left.", answer="BuildsPruned"),
)
