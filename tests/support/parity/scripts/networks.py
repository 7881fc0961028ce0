"""Overlay networks."""

from parity.asks import Ask, delete, get, post, there_is
from parity.scripts.founding import FOUNDED


def _create(name: str, note: str = "", **more: object) -> Ask:
    return post("/networks/create", {"Name": name, "Driver": "overlay", **more}, note=f"{name} {note}".strip())


def _subnet(subnet: str, **more: object) -> dict[str, object]:
    return {"Driver": "default", "Config": [{"Subnet": subnet, **more}]}


def _list(filters: str) -> Ask:
    return get("/networks", query={"filters": filters})


NETWORKS = (
    *FOUNDED,
    get("/networks/ingress", query={"scope": "swarm"}, until=there_is("/Peers")),
    post("/networks/create", {"Name": "back", "Driver": "overlay"}, keep={"back": "/Id"}),
    get("/networks/{back}", until=lambda network: bool(network["IPAM"]["Config"])),
    get("/networks/back", query={"scope": "swarm"}, part="/Id"),
    get("/networks/back", query={"scope": "local"}),
    get("/networks/back", query={"verbose": "true"}),
    get("/networks/nothing"),
    _create("back", "twice"),
    _create("back", "and checked for", CheckDuplicate=True),
    post(
        "/networks/create",
        {
            "Name": "much",
            "Driver": "overlay",
            "Scope": "swarm",
            "Attachable": True,
            "Internal": True,
            "Labels": {"env": "prod"},
            "Options": {"com.docker.network.driver.mtu": "1400"},
            "IPAM": _subnet("198.19.200.0/24", Gateway="198.19.200.7", IPRange="198.19.200.128/25"),
        },
        keep={"much": "/Id"},
        note="much said",
    ),
    get("/networks/{much}", until=lambda network: bool(network["IPAM"]["Config"])),
    _create("", "no name"),
    _create("a b", "a space"),
    _create("a" * 64, "too long"),
    _create("host", "predefined"),
    _create("ingress", "the swarm's own"),
    _create("second-ingress", "an ingress more", Ingress=True),
    _create("crooked", "a subnet that is none", IPAM=_subnet("198.19.300.0/24")),
    _create("outer", "a gateway outside", IPAM=_subnet("198.19.201.0/24", Gateway="198.19.99.1")),
    _create("six", "with IPv6", EnableIPv6=True),
    _list('{"name": ["back"]}'),
    _list('{"name": ["bac"]}'),
    _list('{"driver": ["overlay"]}'),
    _list('{"scope": ["swarm"], "driver": ["overlay"]}'),
    _list('{"id": ["{back}"]}'),
    _list('{"label": ["env"]}'),
    _list('{"label": ["env=test"]}'),
    _list('{"type": ["custom"], "scope": ["swarm"]}'),
    _list('{"type": ["strange"]}'),
    _list('{"dangling": ["true"], "scope": ["swarm"]}'),
    post(
        "/services/create",
        {
            "Name": "user",
            "TaskTemplate": {"ContainerSpec": {"Image": "parity:1"}, "Networks": [{"Target": "back"}]},
            "Mode": {"Replicated": {"Replicas": 1}},
        },
        keep={"user": "/ID"},
    ),
    get(
        "/tasks",
        query={"filters": '{"service": ["user"]}'},
        until=lambda tasks: tasks and tasks[0]["Status"]["State"] == "running",
    ),
    get("/services/{user}"),
    get("/networks/{back}", query={"scope": "swarm"}, note="in use"),
    get("/networks/{back}", query={"verbose": "true"}, part="/Services", note="in use"),
    delete("/networks/{back}", note="in use"),
    delete("/services/{user}"),
    get("/tasks", until=lambda tasks: not tasks, note="it has stopped"),
    delete("/networks/{back}"),
    delete("/networks/{back}", note="again"),
    delete("/networks/much"),
    delete("/networks/bridge"),
    delete("/networks/host"),
    delete("/networks/nothing"),
    post("/networks/prune"),
    delete("/networks/ingress"),
)
