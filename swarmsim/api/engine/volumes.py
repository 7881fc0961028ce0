"""`/volumes`: there are none, as simulated hosts keep no files beyond their containers."""

from typing import Final

from swarmsim.api.call import Call, Json
from swarmsim.api.errors import not_found, unsupported
from swarmsim.api.route import FILTERS, Route


async def list_volumes(call: Call) -> Json:
    """None."""
    call.filters("dangling", "driver", "label", "name")
    return {"Volumes": [], "Warnings": None}


async def create_volume(call: Call) -> Json:
    """Nothing would ever lie in one."""
    raise unsupported("simulated hosts have no volumes: a service's mounts are kept in its spec and have no effect")


async def no_volume(call: Call) -> Json:
    """There is none of any name."""
    raise not_found(f"get {call.path('name')}: no such volume")


async def prune_volumes(call: Call) -> Json:
    """Nothing to do."""
    call.filters("all", "label", "label!")
    return {"VolumesDeleted": None, "SpaceReclaimed": 0}


ROUTES: Final = (
    Route("GET", "/volumes", list_volumes, "The volumes of this host.", query=(FILTERS,), answer="VolumeList"),
    Route("POST", "/volumes/create", create_volume, "Cannot be done here.", errors=(501,)),
    Route("POST", "/volumes/prune", prune_volumes, "Remove those not used.", query=(FILTERS,), answer="VolumesPruned"),
    Route("GET", "/volumes/{name}", no_volume, "One volume.", errors=(404,)),
    Route("DELETE", "/volumes/{name}", no_volume, "Remove a volume.", success=204, errors=(404,)),
)
