"""Services that change: lists, updates, rollbacks, scales."""

from typing import Any

from parity.asks import Ask, delete, get, post
from parity.scripts.founding import FOUNDED

_SPEC: dict[str, Any] = {
    "Name": "web",
    "Labels": {"env": "prod"},
    "TaskTemplate": {"ContainerSpec": {"Image": "parity:1", "StopGracePeriod": 10**9}},
    "Mode": {"Replicated": {"Replicas": 2}},
    "UpdateConfig": {"Parallelism": 0, "Monitor": 1},
    "RollbackConfig": {"Parallelism": 0, "Monitor": 1},
}
_OTHER = {**_SPEC, "TaskTemplate": {"ContainerSpec": {"Image": "parity:1", "StopGracePeriod": 10**9, "Env": ["A=1"]}}}
_IDLE = {"Replicated": {"Replicas": 0}}


def _read(note: str, **more: Any) -> Ask:
    return get("/services/{web}", keep={"version": "/Version/Index"}, note=note, **more)


def _update(note: str, body: object, **query: str) -> tuple[Ask, ...]:
    """With the version of just then, so that no refusal or consent before it matters."""
    current = get("/services/{web}", keep={"version": "/Version/Index"}, part="/ID", note=f"before {note}")
    return current, post("/services/{web}/update", body, query={"version": "{version}", **query}, note=note)


def _list(filters: str) -> Ask:
    return get("/services", query={"filters": filters})


def _counts(running: int, desired: int) -> Any:
    wanted = {"RunningTasks": running, "DesiredTasks": desired}
    return lambda services: {name: services[0]["ServiceStatus"].get(name) for name in wanted} == wanted


def _status(state: str) -> Any:
    return lambda service: service.get("UpdateStatus", {}).get("State") == state


SERVICES = (
    *FOUNDED,
    get("/services", note="none"),
    get("/services", query={"status": "true"}, note="none"),
    post("/services/create", _SPEC, keep={"web": "/ID"}),
    post("/services/create", _SPEC, note="twice"),
    get("/services", query={"status": "true"}, until=_counts(2, 2)),
    get("/services", query={"status": "false"}, note="both run"),
    get("/services/web", part="/ID"),
    get("/services/we"),
    get("/services/nothing"),
    _list('{"name": ["we"]}'),
    _list('{"name": ["eb"]}'),
    _list('{"id": ["{web}"]}'),
    _list('{"label": ["env"]}'),
    _list('{"label": ["env=prod"]}'),
    _list('{"label": ["env=test"]}'),
    _list('{"mode": ["replicated"]}'),
    _list('{"mode": ["global"]}'),
    _list('{"mode": ["replicated-job"]}'),
    _list('{"mode": ["strange"]}'),
    _list('{"runtime": ["container"]}'),
    _list('{"runtime": ["plugin"]}'),
    _list('{"runtime": ["rocket"]}'),
    _read("both run"),
    *_update("nothing new", _SPEC),
    _read("nothing new"),
    *_update("labels", {**_SPEC, "Labels": {"env": "test"}}),
    _read("labels"),
    *_update("another task", _OTHER),
    _read("another task", until=_status("completed")),
    *_update("back", _OTHER, rollback="previous"),
    _read("back", until=_status("rollback_completed")),
    *_update("back again", _OTHER, rollback="previous"),
    _read("back again", until=_status("rollback_completed")),
    *_update("a scale", {**_OTHER, "Mode": {"Replicated": {"Replicas": 1}}}),
    get("/services", query={"status": "true"}, until=_counts(1, 1), note="scaled"),
    _read("scaled"),
    *_update("a strange rollback", _SPEC, rollback="forward"),
    *_update("another name", {**_SPEC, "Name": "site"}),
    *_update("another mode", {**_SPEC, "Mode": {"Global": {}}}),
    *_update("no mode", {"Name": "web", "TaskTemplate": _SPEC["TaskTemplate"]}),
    _read("no mode"),
    *_update("no image", {**_SPEC, "TaskTemplate": {"ContainerSpec": {}}}),
    *_update(
        "a bad constraint", {**_SPEC, "TaskTemplate": {**_SPEC["TaskTemplate"], "Placement": {"Constraints": ["?"]}}}
    ),
    *_update("wrong types", {**_SPEC, "Labels": []}),
    *_update("nothing", {}),
    *_update("an authority of a strange kind", _SPEC, registryAuthFrom="nowhere"),
    post("/services/{web}/update", _SPEC, query={"version": "1"}, note="stale"),
    post("/services/{web}/update", _SPEC, note="no version"),
    post("/services/{web}/update", query={"version": "{version}"}, note="no body"),
    post("/services/nothing/update", _SPEC, query={"version": "1"}),
    _read("before ports"),
    *_update("ports", {**_SPEC, "EndpointSpec": {"Ports": [{"TargetPort": 80, "PublishedPort": 8080}]}}),
    _read("ports", until=lambda service: _status("completed")(service) and bool(service["Endpoint"].get("Ports"))),
    post(
        "/services/create",
        {**_SPEC, "Name": "rival", "EndpointSpec": {"Ports": [{"TargetPort": 80, "PublishedPort": 8080}]}},
        note="a port that is taken",
    ),
    post("/services/create", {**_SPEC, "Name": "fresh", "Mode": _IDLE}, keep={"fresh": "/ID"}),
    get("/services/fresh", keep={"fresh_version": "/Version/Index"}, part="/Spec/Name"),
    post(
        "/services/{fresh}/update",
        {**_SPEC, "Name": "fresh", "Mode": _IDLE},
        query={"version": "{fresh_version}", "rollback": "previous"},
        note="no spec before",
    ),
    post("/services/create", {**_SPEC, "Name": "all", "Mode": {"Global": {}}}, note="global"),
    get("/services/all", note="global"),
    get("/services", query={"status": "true", "filters": '{"mode": ["global"]}'}, until=_counts(1, 1)),
    delete("/services/all"),
    delete("/services/fresh"),
    delete("/services/{web}"),
    delete("/services/{web}", note="again"),
    get("/services/{web}", note="removed"),
    get("/services", note="removed"),
)
