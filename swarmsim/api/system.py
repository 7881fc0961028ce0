"""What a client asks before all else: whether somebody answers, which versions are spoken, and what this host is."""

from typing import Final

from aiohttp import web

from core.phases import HostPhase
from swarmsim.api.call import Call, Json
from swarmsim.api.engine.description import ENGINE
from swarmsim.api.info import LOCAL_STATE
from swarmsim.api.route import Route
from swarmsim.api.versions import NEWEST, OLDEST, text_of
from swarmsim.product import package_version

_NEVER_KEPT: Final = {"Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache"}


async def ping(call: Call) -> web.Response:
    """Its headers are what clients are after."""
    phase = call.host.status.phase
    swarm = f"active/{phase.value}" if phase in (HostPhase.WORKER, HostPhase.MANAGER) else LOCAL_STATE[phase]
    body = "" if call.request.method == "HEAD" else "OK"
    return web.Response(text=body, headers={**_NEVER_KEPT, "Swarm": swarm, "Builder-Version": "1"})


async def version(call: Call) -> Json:
    """What this program is, and which versions of the API it speaks."""
    details = {
        "ApiVersion": text_of(NEWEST),
        "MinAPIVersion": text_of(OLDEST),
        "Os": "linux",
        "Arch": "amd64",
        "KernelVersion": ENGINE.kernel,
    }
    return {
        "Platform": {"Name": f"swarmsim {package_version()}".rstrip()},
        "Version": ENGINE.version,
        "Components": [{"Name": "Engine", "Version": ENGINE.version, "Details": details}],
        "GitCommit": "",
        "GoVersion": "",
        "BuildTime": "",
        **details,
    }


ROUTES: Final = (
    Route("GET", "/_ping", ping, "Whether somebody answers; in the headers, who.", answer="Text"),
    Route("HEAD", "/_ping", ping, "The same, without a body."),
    Route("GET", "/version", version, "What this program is.", answer="SystemVersion"),
)
