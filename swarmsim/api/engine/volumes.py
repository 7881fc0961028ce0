"""`/volumes`: there are none, as simulated containers write no files; and what else takes space on a host."""

from typing import Final

from swarmsim.api.call import Call, Json
from swarmsim.api.engine.container_bodies import list_body
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


async def disk_usage(call: Call) -> Json:
    """What there is, all of it without a size."""
    engine = await call.host.engine()
    now = call.host.world.wall_ns(call.host.name)
    containers = engine.containers()
    used = [container.image_id for container in containers]
    return {
        "LayersSize": 0,
        "Images": [
            {
                "Id": image.id,
                "ParentId": "",
                "RepoTags": [image.reference],
                "RepoDigests": [],
                "Created": 0,
                "Size": image.size_bytes,
                "SharedSize": 0,
                "Labels": None,
                "Containers": used.count(image.id),
            }
            for image in engine.images()
        ],
        "Containers": [list_body(container, now) for container in containers],
        "Volumes": [],
        "BuildCache": [],
    }


ROUTES: Final = (
    Route("GET", "/volumes", list_volumes, "The volumes of this host.", query=(FILTERS,), answer="VolumeList"),
    Route("POST", "/volumes/create", create_volume, "Cannot be done here.", errors=(501,)),
    Route("POST", "/volumes/prune", prune_volumes, "Remove those not used.", query=(FILTERS,), answer="VolumesPruned"),
    Route("GET", "/volumes/{name}", no_volume, "One volume.", errors=(404,)),
    Route("DELETE", "/volumes/{name}", no_volume, "Remove a volume.", success=204, errors=(404,)),
    Route("GET", "/system/df", disk_usage, "What takes space on this host.", answer="DiskUsage"),
)
