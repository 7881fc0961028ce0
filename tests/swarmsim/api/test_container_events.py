"""What is told of containers by `/events`, on the host that they are on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import docker
import pytest
from asking import until
from docker import DockerClient
from served import Served, served, swarm


@pytest.fixture(scope="module")
def cluster() -> Iterator[Served]:
    """A manager that has pulled alpine and nginx, and a worker."""
    with TemporaryDirectory(prefix="swarmsim-") as directory, served(Path(directory), swarm(1, 1)) as cluster:
        client = cluster.client("m1")
        client.images.pull("alpine", tag="latest")
        client.images.pull("nginx", tag="latest")
        client.close()
        yield cluster


@pytest.fixture
def client(cluster: Served) -> Iterator[DockerClient]:
    """Of the manager."""
    client = cluster.client("m1")
    yield client
    client.close()


def past(client: DockerClient, **filters: object) -> list[dict[str, Any]]:
    """What was told so far."""
    now = client.info()["SystemTime"]
    return list(client.events(since="1", until=now, decode=True, filters=filters))


def shown(client: DockerClient) -> datetime:
    """What the host's clock shows, to the second."""
    return datetime.fromisoformat(client.info()["SystemTime"][:19]).replace(tzinfo=UTC)


def test_an_instant_is_waited_for_by_the_clock_of_the_host(client: DockerClient) -> None:
    """At full speed five minutes of its are over long before a client loses its patience, which has one."""
    end = shown(client) + timedelta(minutes=5)
    assert list(client.events(until=end.isoformat(), decode=True, filters={"type": "config"})) == []
    assert shown(client) >= end


def test_the_life_of_a_container_is_told_step_by_step(client: DockerClient) -> None:
    container = client.containers.run("nginx", name="first", detach=True, labels={"a": "b"})
    container.stop()
    container.start()
    container.kill()
    container.remove()
    told = past(client, container="first")
    assert [event["Action"] for event in told] == [
        "create", "start", "kill", "die", "stop", "start", "kill", "die", "destroy",
    ]  # fmt: skip
    assert {event["Type"] for event in told} == {"container"}
    assert {event["scope"] for event in told} == {"local"}
    assert {event["Actor"]["ID"] for event in told} == {container.id}
    attributes = [event["Actor"]["Attributes"] for event in told]
    assert all({"image": "nginx", "name": "first", "a": "b"}.items() <= each.items() for each in attributes)
    assert [each.get("signal") for each in attributes if "signal" in each] == ["15", "9"]
    assert [each["exitCode"] for each in attributes if "exitCode" in each] == ["0", "137"]
    assert [event["timeNano"] for event in told] == sorted(event["timeNano"] for event in told)
    assert [(event["status"], event["id"], event["from"]) for event in told[:1]] == [("create", container.id, "nginx")]


def test_the_exit_code_of_what_ended_by_itself_is_told(client: DockerClient) -> None:
    with pytest.raises(docker.errors.ContainerError):
        client.containers.run("alpine", ["sh", "-c", "exit 3"], name="second")
    died = past(client, container="second", event="die")
    assert [event["Actor"]["Attributes"]["exitCode"] for event in died] == ["3"]


def test_health_is_told_as_it_is_found(cluster: Served, client: DockerClient) -> None:
    second = 10**9
    check = {"test": ["CMD", "true"], "interval": second, "timeout": second, "retries": 1}
    client.services.create("nginx", name="ill", constraints=["node.hostname==m1"], healthcheck=check)
    until(lambda: bool(past(client, event="health_status")))
    healthy = past(client, event="health_status")[0]
    assert healthy["Action"] == "health_status: healthy"
    assert healthy["Actor"]["Attributes"]["com.docker.swarm.service.name"] == "ill"
    assert past(client, event="health_status: healthy") == past(client, event="health_status")


def test_a_tasks_container_is_told_of_by_its_own_host_only(cluster: Served, client: DockerClient) -> None:
    service = client.services.create("nginx", name="away", constraints=["node.hostname==w1"])
    other = cluster.client("w1")
    label = "com.docker.swarm.service.name=away"
    try:
        until(lambda: [event["Action"] for event in past(other, label=label)] == ["create", "start"])
        service.remove()
        until(lambda: bool(past(other, label=label, event="destroy")))
        assert [event["Action"] for event in past(other, label=label)] == ["create", "start", "die", "stop", "destroy"]
    finally:
        other.close()
    assert past(client, label=label) == []


def test_events_are_narrowed(client: DockerClient) -> None:
    container = client.containers.run("alpine", ["true"], name="third", detach=True)
    container.wait()
    mine = past(client, container=container.id)
    assert [event["Action"] for event in mine] == ["create", "start", "die"]
    assert [event for event in past(client, image="alpine", type="container") if event["id"] == container.id] == mine
    assert [event for event in past(client, image="nginx") if event["id"] == container.id] == []
    assert container.id in [event["Actor"]["ID"] for event in past(client, scope="local")]
    assert "container" not in {event["Type"] for event in past(client, scope="swarm")}
    assert past(client, container="nobody") == []


def test_who_listens_is_told_at_once(client: DockerClient) -> None:
    events = client.events(decode=True, filters={"container": "fourth"})
    client.containers.create("alpine", "true", name="fourth").remove()
    assert [next(events)["Action"], next(events)["Action"]] == ["create", "destroy"]
    events.close()
