"""Images of one host, and what registries say."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import docker
import pytest
from docker import DockerClient
from served import Served, served, swarm


@pytest.fixture(scope="module")
def cluster() -> Iterator[Served]:
    """Two hosts."""
    with TemporaryDirectory(prefix="swarmsim-") as directory, served(Path(directory), swarm(1, 1)) as cluster:
        yield cluster


@pytest.fixture
def client(cluster: Served) -> Iterator[DockerClient]:
    """Of the manager, which has no image before the test."""
    client = cluster.client("m1")
    for image in client.images.list():
        client.images.remove(image.tags[0], force=True)
    yield client
    client.close()


def test_pulling_is_told_as_it_goes_on_and_then_the_image_is_there(client: DockerClient) -> None:
    told = list(client.api.pull("alpine", tag="3.20", stream=True, decode=True))
    assert told[0] == {"status": "Pulling from library/alpine", "id": "3.20"}
    digest = client.images.get_registry_data("alpine:3.20").id
    assert told[-2:] == [
        {"status": f"Digest: {digest}"},
        {"status": "Status: Downloaded newer image for alpine:3.20"},
    ]
    again = list(client.api.pull("alpine", tag="3.20", stream=True, decode=True))
    assert again[-1] == {"status": "Status: Image is up to date for alpine:3.20"}
    image = client.images.list()[0]
    assert (image.tags, image.attrs["RepoDigests"]) == (["alpine:3.20"], [f"alpine@{digest}"])


def test_an_image_is_known_by_all_its_names(client: DockerClient) -> None:
    client.images.pull("docker.io/library/alpine", tag="latest")
    image = client.images.get("alpine")
    digest = image.attrs["RepoDigests"][0]
    for name in (
        "alpine:latest",
        "library/alpine",
        "docker.io/library/alpine:latest",
        digest,
        image.id,
        image.id[7:19],
    ):
        assert client.images.get(name).id == image.id, name
    assert [each.id for each in client.images.list(name="alp*")] == [image.id]
    assert client.images.list(name="nginx") == []
    for name in ("alpine:3.20", "nginx", "0" * 12):
        with pytest.raises(docker.errors.ImageNotFound, match="No such image"):
            client.images.get(name)


def test_all_hosts_and_the_registry_agree_on_digests_which_differ_by_name(
    cluster: Served, client: DockerClient
) -> None:
    other = cluster.client("w1")
    try:
        digests = {each.images.get_registry_data("nginx").id for each in (client, other)}
    finally:
        other.close()
    assert len(digests) == 1
    assert client.images.get_registry_data("nginx:1.27").id not in digests
    assert client.images.get_registry_data("nginx").has_platform("linux/amd64")


def test_images_in_use_are_not_removed_unless_by_force_from_what_has_ended(client: DockerClient) -> None:
    client.images.pull("nginx", tag="latest")
    container = client.containers.create("nginx")
    with pytest.raises(docker.errors.APIError, match="must be forced") as refused:
        client.images.remove("nginx")
    assert refused.value.status_code == 409
    container.start()
    with pytest.raises(docker.errors.APIError, match="cannot be forced"):
        client.images.remove("nginx", force=True)
    container.stop()
    client.images.remove("nginx", force=True)
    assert client.images.list() == []
    container.remove()


def test_what_no_container_is_made_of_is_pruned(client: DockerClient) -> None:
    client.images.pull("nginx", tag="latest")
    client.images.pull("redis", tag="latest")
    container = client.containers.create("nginx")
    assert client.images.prune()["ImagesDeleted"] is None
    with pytest.raises(docker.errors.APIError, match="filter until"):
        client.images.prune(filters={"dangling": False, "until": "24h"})
    removed = client.images.prune(filters={"dangling": False})["ImagesDeleted"]
    assert removed[0] == {"Untagged": "redis:latest"}
    assert [image.tags for image in client.images.list()] == [["nginx:latest"]]
    container.remove()


def test_a_registry_that_does_not_answer_is_told(cluster: Served, client: DockerClient) -> None:
    cluster.fault(**{"fail-pulls": "m1"})
    try:
        with pytest.raises(docker.errors.APIError, match="no registry answers"):
            client.images.pull("redis", tag="latest")
        with pytest.raises(docker.errors.APIError, match="no registry answers"):
            client.images.get_registry_data("redis")
    finally:
        cluster.end_faults()


def test_other_platforms_are_not_to_be_had(client: DockerClient) -> None:
    with pytest.raises(docker.errors.NotFound, match="no matching manifest for linux/arm64"):
        client.images.pull("redis", tag="latest", platform="linux/arm64")


def test_there_are_no_volumes_and_nothing_takes_space(client: DockerClient) -> None:
    assert client.volumes.list() == []
    with pytest.raises(docker.errors.APIError, match="have no volumes") as refused:
        client.volumes.create("data")
    assert refused.value.status_code == 501
    with pytest.raises(docker.errors.NotFound, match="no such volume"):
        client.volumes.get("data")
    client.images.pull("redis", tag="latest")
    usage = client.df()
    assert (len(usage["Images"]), usage["LayersSize"], usage["Volumes"]) == (1, 0, [])
