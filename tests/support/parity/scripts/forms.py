"""Requests of a bad form."""

from parity.asks import get, post, there_is
from parity.scripts.founding import FOUNDED

FORMS = (
    get("/_ping", version="/v1.24", headers=("api-version",)),
    get("/_ping", version="/v1.23"),
    get("/_ping", version="/v1.99"),
    get("/_ping", version="/v0.1"),
    get("/_ping", version="/v1"),
    get("/_ping", version="/vx"),
    get("/nothing"),
    post("/_ping"),
    post("/swarm/init", b"{", note="half of an object"),
    post("/swarm/init", b"[]", note="a list"),
    post("/swarm/init", b"7", note="a number"),
    post("/swarm/init", b"null", note="null"),
    post("/swarm/init", b"", note="nothing"),
    post("/swarm/init", b"{}", kind="text/plain", note="plain text"),
    post("/swarm/init", b"{}", kind="", note="of no kind"),
    post("/swarm/init", {"ListenAddr": 7}, note="a number for an address"),
    post("/swarm/join", {}),
    post("/swarm/join", {"RemoteAddrs": [], "ListenAddr": "{host}:2377"}, note="nobody to ask"),
    *FOUNDED,
    post("/services/create", b"{", note="half of an object"),
    post("/services/create", b'{"Name": "web"} x', note="more than an object"),
    post("/services/create", b'{"Name": "web", "Unknown": 1}', note="an unknown field"),
    post("/services/create", b'{"Name": 1}', note="a number for a name"),
    post("/services/create", b"", note="nothing"),
    post("/services/create", {}, kind="text/plain", note="plain text"),
    post("/secrets/create", b"{", note="half of an object"),
    post("/secrets/create", {"Name": "a", "Data": "%%%"}, note="no base64"),
    post("/configs/create", {"Name": "a", "Data": 7}, note="a number for data"),
    post("/networks/create", b"{", note="half of an object"),
    post("/services/nobody/update", {}, query={"version": "x"}),
    post("/services/nobody/update", {}),
    post("/nodes/nobody/update", {}, query={"version": "x"}),
    post("/secrets/nobody/update", {}, query={"version": "-1"}),
    post("/secrets/nobody/update", {}),
    post("/configs/nobody/update", {}, query={"version": ""}),
    get("/networks/ingress", until=there_is("/Peers"), part="/Name"),
    *(
        get(f"/{kind}", query={"filters": filters}, note="filters")
        for kind in ("services", "tasks", "secrets", "configs", "nodes", "networks")
        for filters in ("x", "{}", '{"colour": ["red"]}', '{"name": "web"}', '{"name": {"web": false}}')
    ),
)
