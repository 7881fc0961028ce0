"""What is told of a host's engine has the shape that the OpenAPI document promises."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import docker
import pytest
from asking import until
from conformance import faults_in
from served import Served, served, swarm
from unix_http import UnixHttp

from swarmsim.api.openapi import answer_schema
from swarmsim.api.routes import ROUTES

SECOND = 10**9


@pytest.fixture(scope="module")
def cluster() -> Iterator[Served]:
    """A manager with a task that has all that containers may have, and a container of its own."""
    with TemporaryDirectory(prefix="swarmsim-") as directory, served(Path(directory), swarm(1)) as cluster:
        client = cluster.client("m1")
        client.images.pull("alpine", tag="latest")
        client.containers.create("alpine", ["echo", "hi"], name="made", ports={"80/tcp": 8081})
        check = {"test": ["CMD", "true"], "interval": SECOND, "timeout": SECOND, "retries": 1}
        service = client.services.create(
            "nginx", name="web", healthcheck=check, stop_signal="SIGINT", mounts=["data:/data:ro", "/etc:/host:rw"],
            hosts={"other": "198.51.100.7"}, env=["A=b"], endpoint_spec=docker.types.EndpointSpec(ports={8080: 80}),
        )  # fmt: skip
        until(lambda: [task["Status"]["State"] for task in service.tasks()] == ["running"])
        client.close()
        yield cluster


@pytest.fixture
def host(cluster: Served) -> UnixHttp:
    """The manager."""
    return UnixHttp(cluster.places["m1"].socket)


def told(host: UnixHttp, method: str, path: str, target: str, body: Any = None) -> Any:
    """The answer to a request of a route, which has to have the shape that it promises."""
    (route,) = (route for route in ROUTES if (route.method, route.path) == (method, path))
    answer = host.send(method, target, None if body is None else json.dumps(body).encode())
    assert answer.status == route.success, answer.body
    schema = answer_schema(route)
    assert schema is not None
    content = json.loads(answer.body)
    assert faults_in(content, schema) == []
    return content


@pytest.mark.parametrize("path", ["/containers/json", "/images/json", "/volumes", "/system/df", "/info"])
def test_lists_and_counts(host: UnixHttp, path: str) -> None:
    assert told(host, "GET", path, path)


def test_disk_usage_is_of_what_is_asked_for(host: UnixHttp) -> None:
    path = "/system/df"
    every = told(host, "GET", path, path)
    assert None not in every.values()
    asked = told(host, "GET", path, f"{path}?type=image&type=volume")
    assert asked == {**every, "Containers": None, "BuildCache": None}
    refused = host.send("GET", f"{path}?type=image&type=memory")
    assert (refused.status, json.loads(refused.body)) == (400, {"message": "unknown object type: memory"})


def test_containers_of_tasks_and_others(host: UnixHttp) -> None:
    path = "/containers/json"
    for container in told(host, "GET", path, f"{path}?all=1"):
        shown = told(host, "GET", "/containers/{container}/json", f"/containers/{container['Id']}/json")
        assert shown["Name"] in container["Names"]
        assert shown["State"]["Status"] == container["State"]


def test_execs_and_processes(host: UnixHttp) -> None:
    (running,) = told(host, "GET", "/containers/json", "/containers/json")
    base = f"/containers/{running['Id']}"
    made = told(host, "POST", "/containers/{container}/exec", f"{base}/exec", {"Cmd": ["sleep", "1"]})
    told(host, "GET", "/exec/{id}/json", f"/exec/{made['Id']}/json")
    assert host.send("POST", f"/exec/{made['Id']}/start", b'{"Detach": "perhaps"}').status == 400
    assert host.send("POST", f"/exec/{made['Id']}/start", b'{"Detach": true, "Tty": null}').status == 200
    until(lambda: told(host, "GET", "/exec/{id}/json", f"/exec/{made['Id']}/json")["ExitCode"] == 0)
    told(host, "GET", "/containers/{container}/top", f"{base}/top")


def test_images_here_and_in_registries(host: UnixHttp) -> None:
    told(host, "GET", "/images/{name}/json", "/images/docker.io/library/alpine/json")
    told(host, "GET", "/distribution/{name}/json", "/distribution/alpine:3.20/json")


def test_what_is_made_waited_for_and_pruned(host: UnixHttp) -> None:
    made = told(host, "POST", "/containers/create", "/containers/create?name=brief", {"Image": "alpine", "Cmd": "true"})
    assert host.send("POST", f"/containers/{made['Id']}/start").status == 204
    waited = told(host, "POST", "/containers/{container}/wait", "/containers/brief/wait")
    assert waited == {"StatusCode": 0}
    assert made["Id"] in told(host, "POST", "/containers/prune", "/containers/prune")["ContainersDeleted"]
    told(host, "POST", "/images/prune", '/images/prune?filters={"dangling":["false"]}')
    told(host, "POST", "/volumes/prune", "/volumes/prune")
    told(host, "POST", "/build/prune", "/build/prune")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "name an image"),
        ({"Image": 1}, "$.Image"),
        ({"Image": "alpine", "Env": [1]}, "$.Env[0]"),
        ({"Image": "alpine", "HostConfig": {"PortBindings": {"eighty": []}}}, "invalid port 'eighty'"),
        ({"Image": "alpine", "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "x"}]}}}, "invalid port spec"),
        ({"Image": "alpine", "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "65536"}]}}}, "end at 65535"),
    ],
)
def test_a_container_of_a_bad_form_is_refused_with_what_is_wrong(host: UnixHttp, body: Any, words: str) -> None:
    answer = host.send("POST", "/containers/create", json.dumps(body).encode())
    assert answer.status == 400
    assert words in json.loads(answer.body)["message"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/containers/json?filters={\"odd\":[\"x\"]}", 400),
        ("/containers/json?filters={\"name\":[\"(\"]}", 400),
        ("/containers/json?filters={\"exited\":[\"x\"]}", 400),
        ("/containers/json?limit=x", 400),
        ("/containers/json?filters={\"before\":[\"nobody\"]}", 404),
        ("/images/nothing/json", 404),
        ("/exec/nothing/json", 404),
        ("/volumes/nothing", 404),
    ],
)  # fmt: skip
def test_what_makes_no_sense_or_is_not_there(host: UnixHttp, path: str, status: int) -> None:
    answer = host.send("GET", path)
    assert answer.status == status
    assert json.loads(answer.body)["message"]
