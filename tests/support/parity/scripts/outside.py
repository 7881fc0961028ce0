"""A host that is in no swarm: before it founds one, and after it has left."""

from parity.asks import delete, get, post
from parity.scripts.founding import INIT

_HEADERS = ("api-version", "cache-control", "content-type", "docker-experimental", "ostype", "pragma", "swarm")
_SECRET = {"Name": "key", "Data": "c2VjcmV0"}
_SERVICE = {"Name": "web", "TaskTemplate": {"ContainerSpec": {"Image": "parity:1"}}}

ALONE = (
    get("/_ping", headers=_HEADERS, version=""),
    get("/info", part="/Swarm"),
    get("/swarm"),
    get("/swarm/unlockkey"),
    post("/swarm/update", {"Name": "default"}, query={"version": "1"}),
    post("/swarm/unlock", {"UnlockKey": "SWMKEY-1-1111111111111111111111111111111111111111111"}),
    post("/swarm/leave"),
    post("/swarm/leave", query={"force": "true"}),
    get("/nodes"),
    get("/nodes/self"),
    post("/nodes/self/update", {"Role": "manager", "Availability": "active"}, query={"version": "1"}),
    delete("/nodes/self"),
    get("/services"),
    get("/services/web"),
    post("/services/create", _SERVICE),
    post("/services/web/update", _SERVICE, query={"version": "1"}),
    delete("/services/web"),
    get("/tasks"),
    get("/tasks/web"),
    get("/secrets"),
    get("/secrets/key"),
    post("/secrets/create", _SECRET),
    post("/secrets/key/update", _SECRET, query={"version": "1"}),
    delete("/secrets/key"),
    get("/configs"),
    get("/configs/key"),
    post("/configs/create", _SECRET),
    post("/configs/key/update", _SECRET, query={"version": "1"}),
    delete("/configs/key"),
    get("/networks", query={"filters": '{"scope": ["swarm"]}'}),
    get("/networks/back"),
    post("/networks/create", {"Name": "back", "Driver": "overlay"}),
    delete("/networks/back"),
)
OUTSIDE = (
    *ALONE,
    post("/swarm/init", INIT, keep={"node": ""}),
    get("/_ping", headers=("swarm",), version="", note="in a swarm"),
    post("/swarm/init", INIT, note="twice"),
    post(
        "/swarm/join",
        {
            "ListenAddr": "{host}:2377",
            "AdvertiseAddr": "{host}:2377",
            "RemoteAddrs": ["{host}:2377"],
            "JoinToken": "none",
        },
    ),
    post("/swarm/unlock", {"UnlockKey": "SWMKEY-1-1111111111111111111111111111111111111111111"}, note="not locked"),
    post("/swarm/leave", note="the last manager"),
    post("/swarm/leave", query={"force": "true"}),
    *ALONE,
)
"""The state that is left is that of a host which never was in a swarm."""
