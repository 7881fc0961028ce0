"""Tasks that run, fail, are done and wait."""

from typing import Any

from parity.asks import Ask, delete, each, get, post
from parity.scripts.founding import FOUNDED

_STATE = "/Status/State"


def _container(image: str = "parity:1") -> dict[str, Any]:
    return {"Image": image, "StopGracePeriod": 10**9}


def _service(name: str, container: dict[str, Any], mode: dict[str, Any], **task: Any) -> Ask:
    spec = {"Name": name, "Labels": {"of": name}, "TaskTemplate": {"ContainerSpec": container, **task}, "Mode": mode}
    return post("/services/create", spec, keep={name: "/ID"}, note=name)


def _replicas(count: int) -> dict[str, Any]:
    return {"Replicated": {"Replicas": count}}


def _tasks(filters: str, **more: Any) -> Ask:
    return get("/tasks", query={"filters": filters}, **more)


_SPEC = {"Name": "web", "TaskTemplate": {"ContainerSpec": {**_container(), "Env": ["A=1"]}}, "Mode": _replicas(2)}

TASKS = (
    *FOUNDED,
    get("/tasks", note="none"),
    get("/tasks/nothing"),
    _service("web", _container(), _replicas(2)),
    get("/tasks", until=each(2, _STATE, "running"), note="both run"),
    _tasks('{"name": ["web.1"]}', keep={"task": "/0/ID"}, part="/0/Slot"),
    get("/tasks/{task}", part="/ServiceID"),
    get("/services/web", keep={"version": "/Version/Index"}, part="/Endpoint"),
    *(
        _tasks(filters)
        for filters in (
            '{"service": ["web"]}',
            '{"service": ["{web}"]}',
            '{"service": ["nothing"]}',
            '{"node": ["{hostname}"]}',
            '{"node": ["self"]}',
            '{"node": ["nobody"]}',
            '{"label": ["of=web"]}',
            '{"label": ["of=other"]}',
            '{"desired-state": ["running"]}',
            '{"desired-state": ["shutdown"]}',
            '{"desired-state": ["accepted"]}',
            '{"desired-state": ["asleep"]}',
            '{"runtime": ["container"]}',
            '{"id": ["zzzz"]}',
            '{"name": ["web.1"]}',
            '{"name": ["eb"]}',
            '{"_up-to-date": ["true"]}',
        )
    ),
    post(
        "/services/{web}/update",
        {**_SPEC, "UpdateConfig": {"Parallelism": 0, "Monitor": 1}},
        query={"version": "{version}"},
    ),
    _tasks('{"service": ["web"], "_up-to-date": ["true"]}', until=each(2, _STATE, "running"), note="updated"),
    _tasks('{"service": ["web"], "desired-state": ["shutdown"]}', until=each(2, _STATE, "shutdown"), note="updated"),
    delete("/services/{web}"),
    get("/tasks", until=lambda tasks: not tasks, note="removed"),
    _service("done", _container("parity:done"), _replicas(1), RestartPolicy={"Condition": "none"}),
    _tasks('{"service": ["done"]}', until=each(1, _STATE, "complete")),
    _service("failed", _container("parity:failed"), _replicas(1), RestartPolicy={"Condition": "none"}),
    _tasks('{"service": ["failed"]}', until=each(1, _STATE, "failed")),
    _service("nowhere", _container(), _replicas(1), Placement={"Constraints": ["node.labels.none == x"]}),
    _tasks('{"service": ["nowhere"]}', until=lambda tasks: len(tasks) == 1 and "Err" in tasks[0]["Status"]),
    _service("greedy", _container(), _replicas(1), Resources={"Reservations": {"MemoryBytes": 2**50}}),
    _tasks('{"service": ["greedy"]}', until=lambda tasks: len(tasks) == 1 and "Err" in tasks[0]["Status"]),
    _service("everywhere", _container(), {"Global": {}}),
    _tasks('{"service": ["everywhere"]}', until=each(1, _STATE, "running")),
    _service("job", _container("parity:done"), {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 2}}),
    _tasks('{"service": ["job"]}', until=each(2, _STATE, "complete")),
    get("/services/job"),
    get("/services", query={"status": "true", "filters": '{"name": ["job"]}'}, part="/0/ServiceStatus"),
    _service("global-job", _container("parity:done"), {"GlobalJob": {}}),
    _tasks('{"service": ["global-job"]}', until=each(1, _STATE, "complete")),
    get("/services", query={"status": "true", "filters": '{"name": ["global-job"]}'}, part="/0/ServiceStatus"),
)
