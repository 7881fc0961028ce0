"""Published ports, open on this machine."""

import http.client
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import docker
import pytest
from asking import until
from docker import DockerClient
from docker.types import EndpointSpec
from msgspec import Struct
from served import Served, served, swarm

from core.trials.clients import Failure, Outcome, Why
from sim.visits import Visited
from swarmsim.serve.place import LOOPBACK
from swarmsim.serve.publish import OUTCOME_HEADER, WHY_HEADER, response_of

PATIENCE_S = 30.0


class Answer(Struct):
    """What came of one request."""

    status: int
    outcome: str
    why: str
    lines: dict[str, str]
    """What its text says, by what stands before the colon."""


class Ports:
    """A manager and two workers that are served with their published ports."""

    def __init__(self, cluster: Served, client: DockerClient, told: list[str]) -> None:
        self.cluster = cluster
        self.client = client
        self.told = told

    def publish(self, name: str, port: int, target: int = 80, **more: object) -> docker.models.services.Service:
        return self.client.services.create("nginx", name=name, endpoint_spec=EndpointSpec(ports={port: target}), **more)

    def until_told(self, text: str) -> None:
        """Let time pass until these words were told."""
        until(lambda: bool(self.client.ping()) and any(text in line for line in self.told))

    def until_running(self, name: str, count: int) -> None:
        service = self.client.services.get(name)
        until(lambda: [task["Status"]["State"] for task in service.tasks()].count("running") == count)


@pytest.fixture
def ports() -> Iterator[Ports]:
    told: list[str] = []
    with (
        TemporaryDirectory(prefix="swarmsim-") as directory,
        served(Path(directory), swarm(1, 2), publish=True, tell=told.append) as cluster,
    ):
        client = cluster.client("m1")
        yield Ports(cluster, client, told)
        client.close()


def free_port() -> int:
    """One that nobody has just now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def get(port: int, door: str = LOOPBACK) -> Answer:
    connection = http.client.HTTPConnection(door, port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        pairs = (line.partition(": ")[::2] for line in response.read().decode().splitlines())
        return Answer(
            response.status, response.headers[OUTCOME_HEADER], response.headers.get(WHY_HEADER, ""), dict(pairs)
        )
    finally:
        connection.close()


def test_requests_enter_at_every_host_and_reach_every_task(ports: Ports) -> None:
    port = free_port()
    ports.publish("web", port, mode=docker.types.ServiceMode("replicated", 3))
    ports.until_running("web", 3)
    ports.until_told(f"port {port} is open")
    doors = {"127.18.0.1": "m1", "127.18.0.2": "w1", "127.18.0.3": "w2"}
    for door, host in doors.items():
        answers = [get(port, door) for _ in range(6)]
        assert {(answer.status, answer.outcome) for answer in answers} == {(200, "ok")}
        names = [answer.lines["Name"] for answer in answers]
        assert [names.count(name) for name in ("web.1", "web.2", "web.3")] == [2, 2, 2], "evenly, from every host"
        assert {answer.lines["Host"] for answer in answers} == {"m1", "w1", "w2"}
        assert {answer.lines["Entered at"] for answer in answers} == {host}
        assert all(answer.lines["Address"] and answer.lines["Hostname"] for answer in answers)
    assert get(port).lines["Entered at"] == "m1", "without a choice, at the first host that has the port open"


def test_ports_follow_services_and_containers_as_they_come_and_go(ports: Ports) -> None:
    first, second = free_port(), free_port()
    service = ports.publish("web", first)
    ports.until_told(f"port {first} is open")
    ports.client.images.pull("nginx", tag="latest")
    container = ports.client.containers.run("nginx", detach=True, ports={"80/tcp": second})
    ports.until_told(f"port {second} is open")
    assert get(second).lines["Entered at"] == "m1"
    service.remove()
    container.stop()
    ports.until_told(f"port {first} is closed")
    ports.until_told(f"port {second} is closed")
    for port in (first, second):
        with pytest.raises(ConnectionRefusedError):
            get(port)


def test_a_port_that_is_taken_is_told_and_left_out_until_it_is_published_anew(ports: Ports) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        service = ports.publish("web", port)
        ports.until_told(f"port {port} is left out: ")
        service.remove()
        other = free_port()
        ports.publish("other", other)
        ports.until_told(f"port {other} is open")
    ports.publish("again", port)
    ports.until_told(f"port {port} is open")


def test_what_is_not_answered_well_says_why(ports: Ports) -> None:
    deaf, empty = free_port(), free_port()
    ports.publish("deaf", deaf, target=81)
    ports.publish("empty", empty, mode=docker.types.ServiceMode("replicated", 0))
    ports.until_running("deaf", 1)
    ports.until_told(f"port {deaf} is open")
    ports.until_told(f"port {empty} is open")
    answer = get(deaf)
    assert (answer.status, answer.outcome, answer.why) == (502, "refused", "not-listening")
    answer = get(empty)
    assert (answer.status, answer.outcome, answer.why) == (502, "no-route", "no-backend")


def test_a_host_without_power_is_entered_by_nobody(ports: Ports) -> None:
    port = free_port()
    ports.publish("web", port, constraints=["node.hostname==w2"])
    ports.until_running("web", 1)
    ports.until_told(f"port {port} is open")
    assert get(port, "127.18.0.2").lines["Entered at"] == "w1"
    ports.cluster.fault(kill="w1")
    refused = get(port, "127.18.0.2")
    assert (refused.status, refused.outcome) == (502, "refused")


@pytest.mark.parametrize(
    ("outcome", "failure", "status", "text"),
    [
        (Outcome.TIMEOUT, Failure(Why.WITHOUT_POWER, "w1"), 504, "timeout: entered at m1: w1 has no power\n"),
        (Outcome.RESET, Failure(Why.ENDED, "w1", service="web"), 502, "reset: entered at m1: web on w1 ended\n"),
        (
            Outcome.ERROR,
            Failure(Why.UNHEALTHY, "w1", service="web"),
            502,
            "error: entered at m1: web on w1 is not healthy\n",
        ),
    ],
)
def test_failures_are_told_by_status_and_in_words(outcome: Outcome, failure: Failure, status: int, text: str) -> None:
    response = response_of(Visited(outcome, 1, None, failure), "m1")
    assert (response.status, response.text) == (status, text)
    assert (response.headers[OUTCOME_HEADER], response.headers[WHY_HEADER]) == (outcome.value, failure.why.value)
