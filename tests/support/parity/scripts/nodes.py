"""Nodes: there is one."""

from parity.asks import Ask, delete, get, post
from parity.scripts.founding import FOUNDED

_SPEC = {"Role": "manager", "Availability": "active"}


def _list(filters: str) -> Ask:
    return get("/nodes", query={"filters": filters}, part="/0/Spec")


def _read(note: str) -> Ask:
    return get("/nodes/{node}", keep={"version": "/Version/Index"}, part="/Spec", note=note)


def _update(note: str, body: object) -> tuple[Ask, ...]:
    """With the version of just then, so that no refusal or consent before it matters."""
    current = get("/nodes/{node}", keep={"version": "/Version/Index"}, part="/ID", note=f"before {note}")
    return current, post("/nodes/{node}/update", body, query={"version": "{version}"}, note=note)


NODES = (
    *FOUNDED,
    get("/nodes"),
    get("/nodes/{node}"),
    get("/nodes/{hostname}", part="/ID"),
    get("/nodes/self"),
    get("/nodes/nobody"),
    _list('{"id": ["{node}"]}'),
    _list('{"id": ["zzzz"]}'),
    _list('{"name": ["{hostname}"]}'),
    _list('{"name": ["nobody"]}'),
    _list('{"role": ["manager"]}'),
    _list('{"role": ["worker"]}'),
    _list('{"role": ["emperor"]}'),
    _list('{"membership": ["accepted"]}'),
    _list('{"membership": ["pending"]}'),
    _list('{"membership": ["perhaps"]}'),
    _list('{"label": ["none"]}'),
    _list('{"node.label": ["none"]}'),
    _list('{"node.label": {"none": true}}'),
    _list('{"colour": ["red"]}'),
    _list("{}"),
    _list("[]"),
    _list("x"),
    _list('{"role": "manager"}'),
    _read("founded"),
    *_update("labels and a name", {**_SPEC, "Name": "first", "Labels": {"zone": "a", "fast": ""}}),
    _read("labels and a name"),
    get("/nodes/first", part="/ID"),
    _list('{"node.label": ["zone"]}'),
    _list('{"node.label": ["zone=a"]}'),
    _list('{"node.label": ["zone=b"]}'),
    _list('{"node.label": ["zone=a", "fast"]}'),
    _list('{"node.label": ["zone=b", "fast"]}'),
    _list('{"node.label": {"zone=b": true, "fast": true}}'),
    _list('{"name": ["first"]}'),
    *_update("drained", {**_SPEC, "Availability": "drain"}),
    _read("drained"),
    *_update("paused", {**_SPEC, "Availability": "pause"}),
    _read("paused"),
    *_update("available in capitals", {**_SPEC, "Availability": "Active"}),
    _read("available in capitals"),
    *_update("no availability", {"Role": "manager"}),
    *_update("no role", {"Availability": "active"}),
    *_update("an unknown role", {**_SPEC, "Role": "emperor"}),
    *_update("an unknown availability", {**_SPEC, "Availability": "lazy"}),
    *_update("no manager left", {**_SPEC, "Role": "worker"}),
    *_update("a list", []),
    post("/nodes/{node}/update", _SPEC, query={"version": "1"}, note="stale"),
    post("/nodes/{node}/update", _SPEC, note="no version"),
    post("/nodes/nobody/update", _SPEC, query={"version": "1"}),
    post("/nodes/{node}/update", query={"version": "{version}"}, note="no body"),
    delete("/nodes/{node}"),
    delete("/nodes/{node}", query={"force": "true"}),
    delete("/nodes/nobody"),
)
