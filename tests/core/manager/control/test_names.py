"""Which names services and networks may have."""

from collections.abc import Callable

import pytest
from leading_head import Swarm, task_spec

from core.objects.network import NetworkSpec
from core.objects.service import ServiceSpec
from core.operations import CreateNetwork, CreateService, ErrorCode, OperationError, Write


def service(name: str) -> Write:
    return CreateService(ServiceSpec(name, task_spec()))


def network(name: str) -> Write:
    return CreateNetwork(NetworkSpec(name))


KINDS = pytest.mark.parametrize("create", [service, network])


@KINDS
@pytest.mark.parametrize("name", ["a", "7", "Shop", "shop_web-1", "a__b", "x" * 63])
def test_a_name_is_like_a_dns_label_with_underscores(create: Callable[[str], Write], name: str) -> None:
    assert isinstance(Swarm().ask(create(name)), str)


@KINDS
@pytest.mark.parametrize("name", ["-a", "a-", "_a", "a_", "a.b", "a b", "ä"])
def test_what_is_no_such_name(create: Callable[[str], Write], name: str) -> None:
    text = f"name must be valid as a DNS name component: {name}"
    assert Swarm().ask(create(name)) == OperationError(ErrorCode.INVALID, text)


@KINDS
def test_it_has_1_to_63_characters(create: Callable[[str], Write]) -> None:
    assert Swarm().ask(create("")) == OperationError(ErrorCode.INVALID, "meta: name must be provided")
    text = f"name must be 63 characters or fewer: {'x' * 64}"
    assert Swarm().ask(create("x" * 64)) == OperationError(ErrorCode.INVALID, text)
