"""`/networks`: which of them are in use, and which may be pruned."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import docker
import pytest
from docker import DockerClient
from served import served, swarm


@pytest.fixture
def client() -> Iterator[DockerClient]:
    """Of a manager with a network that a service is on, and three that are in nobody's use."""
    with TemporaryDirectory(prefix="swarmsim-") as directory, served(Path(directory), swarm(1)) as cluster:
        client = cluster.client("m1")
        for name, labels in {"used": {}, "bare": {}, "kept": {"keep": "yes"}, "other": {"keep": "no"}}.items():
            client.networks.create(name, driver="overlay", labels=labels)
        client.services.create("nginx", name="web", networks=["used"])
        yield client
        client.close()


def names(client: DockerClient, **filters: object) -> set[str]:
    return {network.name for network in client.networks.list(filters=filters)}


def test_a_network_dangles_that_is_in_nobodys_use(client: DockerClient) -> None:
    assert names(client, dangling=True) == {"bare", "kept", "other", "ingress"}
    assert names(client, dangling=False) == {"used", "bridge", "host", "none"}
    client.services.create("nginx", name="open", endpoint_spec=docker.types.EndpointSpec(ports={8080: 80}))
    assert names(client, dangling=True) == {"bare", "kept", "other"}
    with pytest.raises(docker.errors.APIError, match="invalid filter 'dangling=perhaps'") as refused:
        names(client, dangling="perhaps")
    assert refused.value.status_code == 400


def test_what_is_to_be_kept_is_not_pruned(client: DockerClient) -> None:
    assert client.networks.prune({"label!": "keep=yes"})["NetworksDeleted"] == ["bare", "other"]
    with pytest.raises(docker.errors.APIError, match="filter until") as refused:
        client.networks.prune({"until": "24h"})
    assert refused.value.status_code == 501
    assert client.networks.prune({"label": "keep"})["NetworksDeleted"] == ["kept"]
    assert names(client, driver="overlay") == {"used", "ingress"}
