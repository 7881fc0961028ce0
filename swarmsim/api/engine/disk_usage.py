"""`/system/df`: what takes space on one host, all of it without a size but images."""

from collections.abc import Callable
from typing import Final

from swarmsim.api.call import Call, Json
from swarmsim.api.engine.container_bodies import list_body
from swarmsim.api.engine.images import summaries
from swarmsim.api.errors import bad_request
from swarmsim.api.route import Parameter, Route
from swarmsim.containers import ContainerEngine

_Part = Callable[[ContainerEngine, int], Json]
_PARTS: Final[dict[str, tuple[str, _Part]]] = {
    "image": ("Images", lambda engine, now: summaries(engine)),
    "container": ("Containers", lambda engine, now: [list_body(each, now) for each in engine.containers()]),
    "volume": ("Volumes", lambda engine, now: []),
    "build-cache": ("BuildCache", lambda engine, now: []),
}
"""The word that asks for it -> its name in the answer, and what is there; by the wall clock `now`."""


async def disk_usage(call: Call) -> Json:
    """All of it, or the parts that are asked for; the others are null."""
    wanted = call.texts("type") or list(_PARTS)
    for word in wanted:
        if word not in _PARTS:
            raise bad_request(f"unknown object type: {word}")
    engine = await call.host.engine()
    now = call.host.world.wall_ns(call.host.name)
    parts = {name: of(engine, now) if word in wanted else None for word, (name, of) in _PARTS.items()}
    return {"LayersSize": 0, **parts}


ROUTES: Final = (
    Route(
        "GET",
        "/system/df",
        disk_usage,
        "What takes space on this host.",
        query=(Parameter("type", "string", f"One part of it, or several: {', '.join(_PARTS)}."),),
        answer="DiskUsage",
    ),
)
