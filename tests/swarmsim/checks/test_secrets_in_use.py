"""A secret or config that a service names, or may go back to, is there; whatever else is gone is nobody's business."""

from typing import Any

import pytest
from fake_world import FakeWorld
from msgspec.structs import replace

from core.ids import ConfigId, SecretId, ServiceId
from core.objects import Config, Secret, Service
from core.objects.config import ConfigSpec
from core.objects.secret import SecretSpec
from core.objects.service import ServiceSpec, UpdateState, UpdateStatus
from core.objects.task import ConfigReference, ContainerSpec, FileTarget, SecretReference, TaskSpec
from core.store import Create, Store, Transaction
from swarmsim.checks.secrets_in_use import SecretsInUseStay


def secret(name: str) -> Secret:
    return Secret(SecretId(name), SecretSpec(name, b"x"))


def config(name: str) -> Config:
    return Config(ConfigId(name), ConfigSpec(name, b"x"))


def spec(secret_name: str = "", config_name: str = "") -> ServiceSpec:
    secrets = (SecretReference(SecretId(secret_name), secret_name, FileTarget(secret_name)),) if secret_name else ()
    configs = (ConfigReference(ConfigId(config_name), config_name, FileTarget(config_name)),) if config_name else ()
    return ServiceSpec("web", TaskSpec(ContainerSpec("image", secrets=secrets, configs=configs)))


def service(now: ServiceSpec, before: ServiceSpec | None = None, state: UpdateState | None = None) -> Service:
    status = None if state is None else UpdateStatus(state)
    return Service(ServiceId("web"), now, previous_spec=before, update_status=status)


def said_of(*objects: Any) -> tuple[str, int]:
    """What the check complains of, and how often it judged."""
    store = Store()
    store.apply(1, Transaction(tuple(Create(replace(each, version=1)) for each in objects), 1))
    world = FakeWorld("m1")
    world.stores = {"m1": store}
    check = SecretsInUseStay()
    check.sample(world)
    return check.violation.detail if check.violation is not None else "", check.checked_count


@pytest.mark.parametrize(
    ("objects", "judged_count"),
    [
        ([service(spec())], 0),
        ([service(spec("s")), secret("s")], 1),
        ([service(spec("s", "c")), secret("s"), config("c")], 2),
        ([service(spec("s"), spec("old", "older"), UpdateState.COMPLETED), secret("s")], 1),
        ([service(spec("s"), spec("old", "older"), UpdateState.ROLLBACK_COMPLETED), secret("s")], 1),
        ([service(spec("s"), spec("old")), secret("s")], 1),
        (
            [service(spec("s"), spec("old", "older"), UpdateState.PAUSED), *map(secret, ("s", "old")), config("older")],
            3,
        ),
    ],
)
def test_what_is_named_is_there(objects: list[Any], judged_count: int) -> None:
    assert said_of(*objects) == ("", judged_count)


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ([service(spec("s"))], "service web names ['s'], which were removed"),
        ([service(spec("s")), secret("other")], "service web names ['s']"),
        ([service(spec("s", "c")), secret("s")], "service web names ['c']"),
        ([service(spec("same", "same")), secret("same")], "service web names ['same']"),
        (
            [service(spec(), spec("old"), UpdateState.UPDATING)],
            "service web may go back to ['old'], which were removed",
        ),
        ([service(spec(), spec("", "old"), UpdateState.UPDATING)], "service web may go back to ['old']"),
        ([service(spec("s"), spec("old"), UpdateState.PAUSED), secret("s")], "service web may go back to ['old']"),
        ([service(spec(), spec("old"), UpdateState.ROLLBACK_STARTED)], "service web may go back to ['old']"),
    ],
)
def test_what_was_removed_though_it_is_named_is_found(objects: list[Any], expected: str) -> None:
    assert said_of(*objects)[0].startswith(expected)
