"""`/containers` and `/exec`: what runs on a host, told and looked into as Docker's clients do."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import docker
import pytest
from asking import until
from docker import DockerClient
from docker.models.containers import Container
from served import Served, served, swarm


@pytest.fixture(scope="module")
def cluster() -> Iterator[Served]:
    """A manager and a worker; two tasks of `web` and one of a job that has ended with 3."""
    with TemporaryDirectory(prefix="swarmsim-") as directory, served(Path(directory), swarm(1, 1)) as cluster:
        client = cluster.client("m1")
        try:
            client.secrets.create(name="key", data=b"opens it")
            secret = docker.types.SecretReference(client.secrets.get("key").id, "key")
            client.services.create(
                "nginx", name="web", mode=docker.types.ServiceMode("global"), secrets=[secret],
                container_labels={"team": "blue"}, endpoint_spec=docker.types.EndpointSpec(ports={8080: 80}),
            )  # fmt: skip
            never = docker.types.RestartPolicy(condition="none")
            client.services.create("alpine", command=["sh", "-c"], args=["exit 3"], name="job", restart_policy=never)
            until(lambda: len(of_service(client, "web")) == 1)
            until(lambda: any("job" in name for host in ("m1", "w1") for name in names(cluster, host, status="exited")))
        finally:
            client.close()
        yield cluster


@pytest.fixture
def client(cluster: Served) -> Iterator[DockerClient]:
    """Of the manager."""
    client = cluster.client("m1")
    yield client
    client.close()


def of_service(client: DockerClient, service: str) -> list[Container]:
    found: list[Container] = client.containers.list(filters={"label": f"com.docker.swarm.service.name={service}"})
    return found


def names(cluster: Served, host: str, **filters: str) -> list[str]:
    client = cluster.client(host)
    try:
        return [each.name for each in client.containers.list(all=True, filters=filters)]
    finally:
        client.close()


def test_a_tasks_container_has_its_name_labels_image_and_networks(client: DockerClient) -> None:
    task = client.services.get("web").tasks({"node": "m1"})[0]
    container = of_service(client, "web")[0]
    assert container.name == f"web.{task['NodeID']}.{task['ID']}"
    assert container.id == task["Status"]["ContainerStatus"]["ContainerID"]
    assert container.labels == {
        "team": "blue",
        "com.docker.swarm.node.id": task["NodeID"],
        "com.docker.swarm.service.id": task["ServiceID"],
        "com.docker.swarm.service.name": "web",
        "com.docker.swarm.task": "",
        "com.docker.swarm.task.id": task["ID"],
        "com.docker.swarm.task.name": container.name,
    }
    assert container.attrs["Config"]["Image"] == task["Spec"]["ContainerSpec"]["Image"]
    address = task["NetworksAttachments"][0]["Addresses"][0]
    network = container.attrs["NetworkSettings"]["Networks"]["ingress"]
    assert f"{network['IPAddress']}/{network['IPPrefixLen']}" == address
    assert network["NetworkID"] == task["NetworksAttachments"][0]["Network"]["ID"]


def test_the_state_tells_of_what_runs_and_of_what_has_ended(cluster: Served, client: DockerClient) -> None:
    state = of_service(client, "web")[0].attrs["State"]
    assert (state["Status"], state["Running"], state["ExitCode"]) == ("running", True, 0)
    assert state["Pid"] > 0
    assert state["StartedAt"] > "2027"
    assert state["FinishedAt"].startswith("0001")
    host = next(host for host in ("m1", "w1") if names(cluster, host, exited="3"))
    other = cluster.client(host)
    try:
        ended = other.containers.list(all=True, filters={"exited": "3"})[0].attrs["State"]
    finally:
        other.close()
    assert (ended["Status"], ended["Running"], ended["ExitCode"], ended["Pid"]) == ("exited", False, 3, 0)
    assert ended["StartedAt"] <= ended["FinishedAt"]


def test_a_container_is_found_by_id_name_and_the_beginning_of_its_id(client: DockerClient) -> None:
    container = of_service(client, "web")[0]
    for reference in (container.id, container.id[:6], container.name, f"/{container.name}"):
        assert client.containers.get(reference).id == container.id
    with pytest.raises(docker.errors.NotFound, match="No such container: nobody"):
        client.containers.get("nobody")
    with pytest.raises(docker.errors.NotFound):
        client.containers.get(container.name[:8])


def test_lists_are_narrowed_and_hold_only_what_runs_unless_told_otherwise(
    client: DockerClient, cluster: Served
) -> None:
    container = of_service(client, "web")[0]
    for filters in (
        {"name": "web"}, {"name": "^/web\\."}, {"id": container.id[:8]}, {"ancestor": "nginx"}, {"status": "running"},
        {"is-task": "true"}, {"network": "ingress"}, {"label": "team"}, {"label": "team=blue"}, {"health": "none"},
    ):  # fmt: skip
        assert container.id in [each.id for each in client.containers.list(filters=filters)], filters
    for filters in (
        {"name": "^web$"}, {"id": "0" * 64}, {"ancestor": "redis"}, {"status": "exited"}, {"is-task": "false"},
        {"network": "bridge"}, {"label": "team=red"}, {"health": "healthy"}, {"exited": "0"}, {"since": container.id},
        {"before": container.id},
    ):  # fmt: skip
        assert container.id not in [each.id for each in client.containers.list(filters=filters)], filters
    with pytest.raises(docker.errors.APIError, match="invalid filter 'status=odd'"):
        client.containers.list(filters={"status": "odd"})
    for host in ("m1", "w1"):
        assert not [name for name in names(cluster, host, status="running") if name.startswith("job")]


def test_commands_run_in_containers_with_their_files_and_variables(client: DockerClient) -> None:
    container = of_service(client, "web")[0]
    assert container.exec_run(["cat", "/run/secrets/key"]).output == b"opens it"
    ended = container.exec_run(
        ["sh", "-c", "echo $COLOUR; cat /nowhere; exit 4"], environment={"COLOUR": "red"}, demux=True
    )
    assert ended.exit_code == 4
    assert ended.output[0] == b"red\n"
    assert b"'/nowhere': No such file or directory" in ended.output[1]
    assert container.exec_run("hostname", tty=True).output == f"{container.id[:12]}\r\n".encode()


def test_an_exec_is_told_of_while_it_runs_and_runs_once(client: DockerClient) -> None:
    container = of_service(client, "web")[0]
    made = client.api.exec_create(container.id, ["sleep", "infinity"])
    assert client.api.exec_inspect(made)["Running"] is False
    client.api.exec_start(made, detach=True)
    told = client.api.exec_inspect(made)
    assert (told["Running"], told["ExitCode"], told["ContainerID"]) == (True, None, container.id)
    assert client.api.inspect_container(container.id)["ExecIDs"] == [made["Id"]]
    with pytest.raises(docker.errors.APIError, match="has been started"):
        client.api.exec_start(made, detach=True)
    with pytest.raises(docker.errors.NotFound, match="No such exec instance"):
        client.api.exec_inspect("0" * 64)


def test_nothing_is_run_in_a_container_that_has_ended(cluster: Served) -> None:
    host = next(host for host in ("m1", "w1") if names(cluster, host, exited="3"))
    client = cluster.client(host)
    try:
        ended = client.containers.list(all=True, filters={"exited": "3"})[0]
        with pytest.raises(docker.errors.APIError, match="is not running") as refused:
            ended.exec_run("hostname")
        assert refused.value.status_code == 409
    finally:
        client.close()
