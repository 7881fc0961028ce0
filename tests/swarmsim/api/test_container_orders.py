"""What clients do to containers: those of their own, and those of tasks."""

from collections.abc import Iterator
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
    """A manager that has pulled alpine and nginx."""
    with TemporaryDirectory(prefix="swarmsim-") as directory, served(Path(directory), swarm(1)) as cluster:
        client = cluster.client("m1")
        client.images.pull("alpine", tag="latest")
        client.images.pull("nginx", tag="latest")
        client.close()
        yield cluster


@pytest.fixture
def client(cluster: Served) -> Iterator[DockerClient]:
    """Of the manager; the containers that are no task's are removed after the test."""
    client = cluster.client("m1")
    yield client
    for container in client.containers.list(all=True, filters={"is-task": "false"}):
        container.remove(force=True)
    client.close()


def test_a_container_runs_to_its_end_and_its_output_and_exit_code_are_had(client: DockerClient) -> None:
    assert client.containers.run("alpine", ["echo", "hi"]) == b"hi\n"
    with pytest.raises(docker.errors.ContainerError) as failed:
        client.containers.run("alpine", ["sh", "-c", "cat /nowhere; exit 3"])
    assert failed.value.exit_status == 3
    assert b"No such file" in failed.value.stderr


def test_a_container_is_what_it_was_asked_to_be(client: DockerClient) -> None:
    made = client.containers.create(
        "alpine", ["env"], name="wanted", hostname="here", environment={"A": "b"}, labels={"c": "d"},
        extra_hosts={"other": "198.51.100.7"}, auto_remove=False, ports={"80/tcp": 8081},
    )  # fmt: skip
    told = client.containers.get("wanted")
    assert told.status == "created"
    assert (told.id, told.labels, told.attrs["Config"]["Hostname"]) == (made.id, {"c": "d"}, "here")
    assert told.attrs["HostConfig"]["PortBindings"] == {"80/tcp": [{"HostIp": "", "HostPort": "8081"}]}
    assert (told.attrs["Path"], told.attrs["Config"]["Cmd"]) == ("env", ["env"])
    made.start()
    assert made.wait()["StatusCode"] == 0
    assert {"A=b", "HOSTNAME=here"} <= set(made.logs().decode().splitlines())


def test_one_without_a_name_is_given_one(client: DockerClient) -> None:
    names = {client.containers.create("alpine", "true").name for _ in range(10)}
    assert len(names) == 10
    assert all(name.replace("_", "").isalnum() for name in names)


def test_a_name_is_given_once(client: DockerClient) -> None:
    client.containers.create("alpine", "true", name="mine")
    with pytest.raises(docker.errors.APIError, match="already in use") as refused:
        client.containers.create("alpine", "true", name="mine")
    assert refused.value.status_code == 409
    with pytest.raises(docker.errors.APIError, match="Invalid container name") as refused:
        client.containers.create("alpine", "true", name="not/mine")
    assert refused.value.status_code == 400


def test_an_image_has_to_be_there(client: DockerClient) -> None:
    with pytest.raises(docker.errors.ImageNotFound, match="No such image: caddy:latest"):
        client.api.create_container("caddy")


def test_ports_of_the_host_are_had_while_it_runs_and_by_one_only(client: DockerClient) -> None:
    first = client.containers.run("nginx", detach=True, ports={"80/tcp": 8082})
    first.reload()
    assert first.ports == {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8082"}]}
    assert client.api.containers(filters={"publish": "8080-8090"})[0]["Id"] == first.id
    with pytest.raises(docker.errors.APIError, match="port is already allocated"):
        client.containers.run("nginx", detach=True, ports={"80/tcp": 8082})
    first.stop()
    first.reload()
    assert first.ports == {}
    client.containers.run("nginx", detach=True, ports={"80/tcp": 8082})


def test_one_that_is_to_be_removed_is_when_it_cannot_start(client: DockerClient) -> None:
    client.containers.run("nginx", detach=True, ports={"80/tcp": 8083})
    refused = client.containers.create("nginx", name="late", auto_remove=True, ports={"80/tcp": 8083})
    with pytest.raises(docker.errors.APIError, match="port is already allocated"):
        refused.start()
    with pytest.raises(docker.errors.NotFound):
        client.containers.get("late")


def test_a_port_that_a_service_publishes_is_not_to_be_had(client: DockerClient) -> None:
    ports = docker.types.EndpointSpec(ports={8084: 80})
    service = client.services.create("nginx", name="open", endpoint_spec=ports)
    until(lambda: [task["Status"]["State"] for task in service.tasks()] == ["running"])
    with pytest.raises(docker.errors.APIError, match=r"0\.0\.0\.0:8084 failed: a service publishes this port"):
        client.containers.run("nginx", detach=True, ports={"80/tcp": 8084})
    service.remove()


def test_it_is_stopped_started_again_and_killed(client: DockerClient) -> None:
    container = client.containers.run("nginx", detach=True)

    def state() -> dict[str, Any]:
        container.reload()
        found: dict[str, Any] = container.attrs["State"]
        return found

    assert state()["Running"]
    container.stop()
    assert (state()["Status"], state()["ExitCode"]) == ("exited", 0)
    began = state()["StartedAt"]
    container.restart()
    assert state()["Running"]
    assert state()["StartedAt"] > began
    container.kill("SIGUSR1")
    assert state()["Running"]
    container.kill()
    assert (state()["Status"], state()["ExitCode"]) == ("exited", 137)
    with pytest.raises(docker.errors.APIError, match="is not running") as refused:
        container.kill()
    assert refused.value.status_code == 409


def test_what_does_not_attend_to_the_signal_is_killed_after_its_grace(client: DockerClient) -> None:
    stubborn = client.containers.run("alpine", ["sleep", "infinity"], detach=True)
    stubborn.kill("SIGTERM")
    stubborn.reload()
    assert stubborn.status == "running"
    stubborn.stop(timeout=3)
    assert stubborn.wait()["StatusCode"] == 137
    served = client.containers.run("nginx", detach=True)
    served.kill("TERM")
    assert served.wait()["StatusCode"] == 0


def test_signals_that_are_none_are_refused(client: DockerClient) -> None:
    container = client.containers.run("nginx", detach=True)
    with pytest.raises(docker.errors.APIError, match="invalid signal") as refused:
        container.kill("SIGODD")
    assert refused.value.status_code == 400


def test_one_that_runs_is_removed_by_force_only(client: DockerClient) -> None:
    container = client.containers.run("nginx", detach=True)
    with pytest.raises(docker.errors.APIError, match="stop the container before removing") as refused:
        container.remove()
    assert refused.value.status_code == 409
    container.remove(force=True)
    with pytest.raises(docker.errors.NotFound):
        client.containers.get(container.id)


def test_one_that_is_to_go_when_it_has_ended_does(client: DockerClient) -> None:
    container = client.containers.run("nginx", detach=True, auto_remove=True)
    container.reload()
    assert container.attrs["HostConfig"]["AutoRemove"]
    container.stop()
    until(lambda: container.id not in [each.id for each in client.containers.list(all=True)])


def test_who_follows_hears_of_what_is_yet_to_be_written_and_the_end(client: DockerClient) -> None:
    container = client.containers.create(
        "alpine", ["sh", "-c", "echo one; sleep 20; echo two; sleep 20; echo -n three"]
    )
    lines = container.logs(stream=True, follow=True)
    container.start()
    assert list(lines) == [b"one\n", b"two\n", b"three"]
    assert container.logs(tail=2) == b"two\nthree"


def test_those_that_do_not_run_are_pruned_but_for_those_of_tasks(client: DockerClient) -> None:
    kept = client.containers.run("nginx", detach=True)
    gone = client.containers.create("alpine", "true", labels={"old": "yes"})
    also = client.containers.create("alpine", "true")
    assert client.containers.prune(filters={"label": "old=yes"})["ContainersDeleted"] == [gone.id]
    assert client.containers.prune()["ContainersDeleted"] == [also.id]
    assert [each.id for each in client.containers.list(all=True)] == [kept.id]


def test_a_tasks_container_that_somebody_ends_is_replaced_and_never_started_again(client: DockerClient) -> None:
    service = client.services.create("nginx", name="web")
    seen: set[str] = set()

    def another() -> bool:
        running = client.containers.list(filters={"label": "com.docker.swarm.service.name=web"})
        return bool(running) and running[0].id not in seen

    for end in ("kill", "stop", "remove"):
        until(another)
        container = client.containers.list(filters={"label": "com.docker.swarm.service.name=web"})[0]
        seen.add(container.id)
        container.remove(force=True) if end == "remove" else getattr(container, end)()
    until(another)
    ended = [each for each in client.containers.list(all=True, filters={"status": "exited"}) if each.id in seen]
    for each in ended:
        for order in (each.start, each.restart):
            with pytest.raises(docker.errors.APIError, match="its swarm starts another") as refused:
                order()
            assert refused.value.status_code == 501
    assert ended
    states = [task["Status"]["State"] for task in service.tasks()]
    assert sorted(states) == ["complete", "failed", "failed", "running"]
    service.remove()


@pytest.mark.parametrize("order", ["pause", "unpause", "stats", "diff"])
def test_what_simulated_containers_cannot_do_is_said(client: DockerClient, order: str) -> None:
    container = client.containers.create("alpine", "true")
    with pytest.raises(docker.errors.APIError, match="cannot do that") as refused:
        container.stats(stream=False) if order == "stats" else getattr(container, order)()
    assert refused.value.status_code == 501


def test_what_has_no_effect_is_warned_of_and_overlays_are_refused(client: DockerClient) -> None:
    host = client.api.create_host_config(binds=["/a:/b"], restart_policy={"Name": "always"}, privileged=True)
    told = client.api.create_container("alpine", host_config=host)["Warnings"]
    assert [text.split()[0] for text in told] == [
        "HostConfig.Binds",
        "HostConfig.Privileged",
        "HostConfig.RestartPolicy",
    ]
    with pytest.raises(docker.errors.APIError, match="no network of the swarm") as refused:
        client.containers.create("alpine", network="ingress")
    assert refused.value.status_code == 501


def test_the_host_says_how_many_there_are(client: DockerClient) -> None:
    client.containers.run("nginx", detach=True)
    client.containers.create("alpine", "true")
    info = client.info()
    tasks = len(client.containers.list(all=True, filters={"is-task": "true"}))
    assert (info["Containers"] - tasks, info["ContainersRunning"], info["ContainersStopped"] - tasks) == (2, 1, 1)
    assert info["Images"] == len(client.images.list())
