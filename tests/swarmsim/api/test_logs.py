"""Logs of containers, services and tasks."""

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import docker
import pytest
from asking import until
from docker import DockerClient
from served import Served, served, swarm
from unix_http import UnixHttp

SCRIPT = "echo started; cat /nowhere; exec sleep infinity"
COMPLAINT = b"cat: can't open '/nowhere': No such file or directory\n"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Served]:
    """A manager and two workers, with a task of `say` on each that has written a line to each of its outputs."""
    with TemporaryDirectory(prefix="swarmsim-") as directory, served(Path(directory), swarm(1, 2)) as cluster:
        client = cluster.client("m1")
        try:
            everywhere = docker.types.ServiceMode("global")
            client.services.create("alpine", name="say", command=["sh", "-c"], args=[SCRIPT], mode=everywhere)
            until(lambda: all(task["Status"]["State"] == "running" for task in tasks(client, "say")))
            assert len(tasks(client, "say")) == 3
        finally:
            client.close()
        yield cluster


@pytest.fixture
def client(cluster: Served) -> Iterator[DockerClient]:
    """Of the manager."""
    client = cluster.client("m1")
    yield client
    client.close()


def tasks(client: DockerClient, service: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.services.get(service).tasks()
    return found


def said(cluster: Served, target: str) -> tuple[int, bytes, str]:
    """Status, body and type of an answer."""
    answer = UnixHttp(cluster.places["m1"].socket).send("GET", target)
    return answer.status, answer.body, answer.headers.get("content-type", "")


def frames(body: bytes) -> list[tuple[int, bytes]]:
    """The pieces of a mixed stream, with whose they are."""
    found = []
    while body:
        size = int.from_bytes(body[4:8], "big")
        found.append((body[0], body[8 : 8 + size]))
        body = body[8 + size :]
    return found


def test_a_containers_outputs_are_told_apart_in_order(cluster: Served, client: DockerClient) -> None:
    name = client.containers.list()[0].name
    status, body, kind = said(cluster, f"/v1.50/containers/{name}/logs?stdout=1&stderr=1")
    assert (status, kind) == (200, "application/vnd.docker.multiplexed-stream")
    assert frames(body) == [(1, b"started\n"), (2, COMPLAINT)]
    assert said(cluster, f"/v1.41/containers/{name}/logs?stdout=1")[1:] == (
        b"\x01\0\0\0\0\0\0\x08started\n",
        "application/vnd.docker.raw-stream",
    )


def test_lines_are_chosen_by_output_number_and_time(client: DockerClient) -> None:
    container = client.containers.list()[0]
    assert container.logs(stdout=False) == COMPLAINT
    assert container.logs(stderr=False) == b"started\n"
    assert container.logs(tail=1) == COMPLAINT
    assert container.logs(tail=0) == b""
    assert container.logs(since=1) == b"started\n" + COMPLAINT
    assert container.logs(since=4_000_000_000) == b""
    assert container.logs(until=1) == b""


def test_timestamps_and_details_stand_before_the_lines(cluster: Served, client: DockerClient) -> None:
    name = client.containers.list()[0].name
    body = frames(said(cluster, f"/containers/{name}/logs?stdout=1&timestamps=1&details=1")[1])[0][1]
    assert re.fullmatch(rb"2027-01-15T08:\d\d:\d\d\.\d{9}Z  started\n", body), (
        "a container has no details, only their space"
    )
    task = tasks(client, "say")[0]
    body = frames(said(cluster, f"/tasks/{task['ID']}/logs?stdout=1&timestamps=1&details=1")[1])[0][1]
    details = (
        f"com.docker.swarm.node.id={task['NodeID']},com.docker.swarm.service.id={task['ServiceID']},"
        f"com.docker.swarm.task.id={task['ID']}"
    )
    assert re.fullmatch(rb"2027-01-15T\S{8}\.\d{9}Z " + details.encode() + rb" started\n", body)


def test_a_services_log_has_the_lines_of_all_hosts(cluster: Served, client: DockerClient) -> None:
    service = client.services.get("say")
    body = said(cluster, f"/services/{service.id}/logs?stdout=1&details=1")[1]
    assert sorted(line for _, line in frames(body)) == sorted(
        f"com.docker.swarm.node.id={task['NodeID']},com.docker.swarm.service.id={service.id},"
        f"com.docker.swarm.task.id={task['ID']} started\n".encode()
        for task in tasks(client, "say")
    )
    assert [stream for stream, _ in frames(said(cluster, "/services/say/logs?stderr=1&tail=1")[1])] == [2, 2, 2]


@pytest.mark.parametrize("path", ["/services/say/logs", "/tasks/{task}/logs", "/containers/{container}/logs"])
def test_one_of_the_outputs_has_to_be_wanted(cluster: Served, client: DockerClient, path: str) -> None:
    path = path.format(task=tasks(client, "say")[0]["ID"], container=client.containers.list()[0].id)
    status, body, _ = said(cluster, path)
    assert status == (400 if "containers" in path else 500)
    assert b"you must choose at least one stream" in body


@pytest.mark.parametrize("tail", ["-1", "many", "1.5"])
def test_a_tail_is_a_number_or_all(cluster: Served, tail: str) -> None:
    assert said(cluster, f"/services/say/logs?stdout=1&tail={tail}")[0] == 400
    assert said(cluster, "/services/say/logs?stdout=1&tail=all")[0] == 200


def test_what_there_is_not_has_no_log(cluster: Served) -> None:
    for kind in ("services", "tasks", "containers"):
        assert said(cluster, f"/{kind}/nobody/logs?stdout=1")[0] == 404


def test_who_follows_a_service_hears_of_tasks_to_come_until_it_is_removed(client: DockerClient) -> None:
    service = client.services.create(
        "alpine", name="grow", command=["sh", "-c"], args=["echo $HOSTNAME; sleep infinity"]
    )
    until(lambda: any(task["Status"]["State"] == "running" for task in tasks(client, "grow")))
    lines = service.logs(stdout=True, follow=True)
    assert len(next(lines)) == len(b"123456789012\n")
    assert service.scale(3)
    assert len({next(lines), next(lines)}) == 2
    service.remove()
    assert list(lines) == []


def test_a_terminals_log_is_not_mixed(cluster: Served, client: DockerClient) -> None:
    client.services.create("alpine", name="screen", command=["sh", "-c"], args=["echo hi; sleep infinity"], tty=True)
    until(lambda: b"hi" in said(cluster, "/services/screen/logs?stdout=1")[1])
    assert said(cluster, "/services/screen/logs?stdout=1")[1:] == (b"hi\r\n", "application/vnd.docker.raw-stream")


def test_hosts_that_cannot_be_reached_take_nothing_away_from_the_others() -> None:
    with TemporaryDirectory(prefix="swarmsim-") as directory, served(Path(directory), swarm(1, 2)) as cluster:
        client = cluster.client("m1")
        try:
            everywhere = docker.types.ServiceMode("global")
            client.services.create("alpine", name="say", command=["sh", "-c"], args=[SCRIPT], mode=everywhere)
            until(lambda: [task["Status"]["State"] for task in tasks(client, "say")] == ["running"] * 3)
            nodes = {node.attrs["Description"]["Hostname"]: node.id for node in client.nodes.list()}
            assert whole(cluster)
            cluster.fault(partition=[["m1", "w2"], ["w1"]])
            assert missing(cluster) == nodes["w1"]
            cluster.fault(heal=["m1", "w1", "w2"])
            until(lambda: whole(cluster))
            for host in ("m1", "w2"):
                cluster.fault(**{"stop-engine": host})
                *lines, (stream, error) = frames(said(cluster, "/services/say/logs?stdout=1")[1])
                assert (stream, len(lines) >= 2) == (3, True)
                assert b"the container engine does not answer" in error
                cluster.end_faults()
            until(lambda: whole(cluster))
            cluster.fault(kill="w1")
            assert missing(cluster) == nodes["w1"]
        finally:
            client.close()


def whole(cluster: Served) -> bool:
    """Whether the log of `say` has lines of three tasks or more, and nothing is missing."""
    found = frames(said(cluster, "/services/say/logs?stdout=1")[1])
    return len(found) >= 3 and set(found) == {(1, b"started\n")}


def missing(cluster: Served) -> str:
    """The node whose lines the log of `say` says it is without, those of the two others being there."""
    *lines, (stream, error) = frames(said(cluster, "/services/say/logs?stdout=1")[1])
    assert (set(lines), stream) == ({(1, b"started\n")}, 3)
    assert len(lines) >= 2
    told = re.search(rb"incomplete log stream\. .*: node (\w+) is not available", error)
    assert told is not None, error
    return told[1].decode()
