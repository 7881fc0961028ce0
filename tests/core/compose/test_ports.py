"""Published ports in all their forms."""

import pytest
from compose_stacks import stack_of, web

from core.compose.stack import StackWarning
from core.objects.port import PortConfig, Protocol, PublishMode


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("8080:80", [PortConfig(80, 8080)]),
        (80, [PortConfig(80)]),
        ("80", [PortConfig(80)]),
        ("53:53/udp", [PortConfig(53, 53, Protocol.UDP)]),
        ("8000-8002:80-82", [PortConfig(80, 8000), PortConfig(81, 8001), PortConfig(82, 8002)]),
        ("8000-8001:80", [PortConfig(80, 8000), PortConfig(80, 8001)]),
        ("3000-3001", [PortConfig(3000), PortConfig(3001)]),
        (
            {"target": 80, "published": "8080", "protocol": "udp", "mode": "host", "name": "web"},
            [PortConfig(80, 8080, Protocol.UDP, PublishMode.HOST, "web")],
        ),
        ({"target": 80}, [PortConfig(80)]),
    ],
)
def test_ports(written: object, meant: list[PortConfig]) -> None:
    assert list(web(ports=[written]).endpoint.ports) == meant


def test_ports_are_sorted_so_that_deploying_again_changes_nothing() -> None:
    assert [port.published_port for port in web(ports=["9:9", "8:8", "8:8/udp"]).endpoint.ports] == [8, 8, 9]


def test_the_address_of_a_port_is_ignored_aloud() -> None:
    stack = stack_of("services: {web: {image: web, ports: ['127.0.0.1:8080:80']}}")
    assert stack.services[0].spec.endpoint.ports == (PortConfig(80, 8080),)
    assert stack.warnings == (
        StackWarning(
            "the address of '127.0.0.1:8080:80' is ignored: the port is published on every address",
            "services.web.ports[0]",
        ),
    )
