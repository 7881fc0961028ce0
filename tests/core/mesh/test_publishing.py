"""Where in a task a published port leads: by what its service published when it was made."""

import pytest

from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.mesh.publishing import target_port
from core.mesh.routes import Backend
from core.objects.port import PortConfig, Protocol

UDP = Protocol.UDP


def backend(*ports: PortConfig) -> Backend:
    return Backend(NetworkId("ingress"), ServiceId("web"), TaskId("t"), NodeId("n"), "10.0.0.3", 1, ports)


@pytest.mark.parametrize(
    ("own", "published", "expected"),
    [
        (PortConfig(80, 8080), PortConfig(80, 8080), 80),
        (PortConfig(80, 8080), PortConfig(81, 8080), 80),
        (PortConfig(80, 8080), PortConfig(80, 8081), None),
        (PortConfig(80, 8080), PortConfig(80, 8080, UDP), None),
        (PortConfig(80), PortConfig(80, 30_000), 80),
        (PortConfig(80), PortConfig(81, 30_001), None),
        (PortConfig(80), PortConfig(80, 30_000, UDP), None),
        (PortConfig(80, name="old"), PortConfig(80, 30_000, name="new"), 80),
    ],
)
def test_the_number_counts_or_the_target_of_one_that_was_chosen(
    own: PortConfig, published: PortConfig, expected: int | None
) -> None:
    assert target_port(backend(own), published) == expected
    assert target_port(backend(PortConfig(9, 9), own), published) == expected


def test_a_task_that_publishes_nothing_is_reached_at_no_port() -> None:
    assert target_port(backend(), PortConfig(80, 8080)) is None


def test_of_a_host_that_does_not_tell_the_service_is_believed() -> None:
    silent = Backend(NetworkId("ingress"), ServiceId("web"), TaskId("t"), NodeId("n"), "10.0.0.3")
    assert target_port(silent, PortConfig(80, 8080)) == 80
