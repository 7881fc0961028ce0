"""The Docker SDK for Python drives a served swarm: what people's own programs do."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from docker import DockerClient
from docker.errors import APIError, NotFound
from docker.models.services import Service
from docker.types import EndpointSpec, Resources, RestartPolicy, SecretReference, ServiceMode, UpdateConfig
from served import Served, bare, served, swarm

from swarmsim.serve.cluster import ServedPlan

Clients = Callable[[ServedPlan], dict[str, DockerClient]]


@pytest.fixture
def clients_of() -> Iterator[Clients]:
    """Serves a plan until the test ends; a client of each host, by name."""
    with ExitStack() as stack:

        def serve(plan: ServedPlan) -> dict[str, DockerClient]:
            directory = Path(stack.enter_context(TemporaryDirectory(prefix="swarmsim-")))
            cluster: Served = stack.enter_context(served(directory, plan))
            clients = {host: cluster.client(host) for host in cluster.places}
            for client in clients.values():
                stack.callback(client.close)
            return clients

        yield serve


def until_all_run(service: Service, count: int) -> None:
    for _ in range(300):
        states = [task["Status"]["State"] for task in service.tasks({"desired-state": "running"})]
        if states == ["running"] * count:
            return
    raise AssertionError(f"not {count} running tasks: {states}")


def test_a_swarm_is_founded_and_joined(clients_of: Clients) -> None:
    clients = clients_of(bare(3))
    node_id = clients["m1"].swarm.init(
        advertise_addr="eth0", listen_addr="0.0.0.0:2377", default_addr_pool=["10.7.0.0/16"]
    )
    tokens = clients["m1"].swarm.attrs["JoinTokens"]
    assert clients["m2"].swarm.join(["198.18.0.1:2377"], tokens["Manager"])
    assert clients["m3"].swarm.join(["198.18.0.1:2377"], tokens["Worker"])
    nodes = {node.attrs["Description"]["Hostname"]: node for node in clients["m2"].nodes.list()}
    assert sorted(nodes) == ["m1", "m2", "m3"]
    assert nodes["m1"].id == node_id
    assert nodes["m1"].attrs["ManagerStatus"]["Leader"]
    assert "ManagerStatus" not in nodes["m3"].attrs
    assert clients["m1"].info()["Swarm"]["Managers"] == 2
    clients["m1"].swarm.update(rotate_worker_token=True)
    clients["m1"].swarm.reload()
    assert clients["m1"].swarm.attrs["JoinTokens"]["Worker"] != tokens["Worker"]
    assert clients["m3"].swarm.leave()
    assert clients["m3"].info()["Swarm"]["LocalNodeState"] == "inactive"


def test_a_service_is_declared_scaled_updated_and_removed(clients_of: Clients) -> None:
    clients = clients_of(swarm(3, 2))
    client = clients["m2"]
    network = client.networks.create("front", driver="overlay", attachable=True)
    secret = client.secrets.create(name="pw", data=b"s3cret", labels={"owner": "me"})
    service = client.services.create(
        "nginx:1.27",
        name="web",
        env=["A=b"],
        labels={"tier": "front"},
        mode=ServiceMode("replicated", replicas=3),
        networks=[network.id],
        secrets=[SecretReference(str(secret.id), "pw")],
        endpoint_spec=EndpointSpec(ports={8080: 80}),
        resources=Resources(mem_limit=64 * 2**20),
        restart_policy=RestartPolicy("on-failure", max_attempts=3),
        update_config=UpdateConfig(parallelism=0, order="start-first"),
        constraints=["node.platform.os == linux"],
    )
    until_all_run(service, 3)
    assert service.scale(5)
    service.reload()
    until_all_run(service, 5)
    service.reload()
    assert service.update(image="nginx:1.28", fetch_current_spec=True)
    service.reload()
    assert service.attrs["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"] == ["A=b"], "nothing is lost on the way"
    assert service.attrs["PreviousSpec"]["TaskTemplate"]["ContainerSpec"]["Image"] == "nginx:1.27"
    assert [found.name for found in client.services.list(filters={"label": "tier=front"})] == ["web"]
    assert service.remove()
    with pytest.raises(NotFound):
        client.services.get("web")


def test_refusals_have_dockers_statuses(clients_of: Clients) -> None:
    clients = clients_of(swarm(1, 1))
    client = clients["m1"]
    service = client.services.create("nginx", name="web")
    with pytest.raises(APIError, match="name conflicts with an existing object") as taken:
        client.services.create("nginx", name="web")
    assert taken.value.status_code == 409
    stale = service.version
    service.update(labels={"a": "b"}, fetch_current_spec=True)
    service.attrs["Version"]["Index"] = stale - 1
    with pytest.raises(APIError, match="update out of sequence") as late:
        service.update(labels={"a": "c"})
    assert late.value.status_code == 500
    with pytest.raises(APIError, match="not a swarm manager") as worker:
        clients["w1"].services.list()
    assert worker.value.status_code == 503


def test_what_changes_is_told_as_it_happens(clients_of: Clients) -> None:
    client = clients_of(swarm(1))["m1"]
    events = client.events(decode=True, filters={"type": ["service", "secret"]})
    service = client.services.create("nginx", name="web")
    service.remove()
    client.secrets.create(name="pw", data=b"s3cret")
    told = []
    for event in events:
        told.append((event["Type"], event["Action"], event["Actor"]["Attributes"]["name"]))
        if event["Type"] == "secret":
            break
    events.close()
    assert told[0] == ("service", "create", "web")
    assert told[-2:] == [("service", "remove", "web"), ("secret", "create", "pw")]
