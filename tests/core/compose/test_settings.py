"""Settings of a spec in a Compose file's words: none is overlooked, and each has its own key."""

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, get_args, get_origin

import pytest
from msgspec import Struct
from msgspec.structs import fields, replace

from core.compose.settings import KEYS, settings
from core.ids import ConfigId, NetworkId, SecretId
from core.objects.config import ConfigSpec
from core.objects.network import NetworkSpec, Subnet
from core.objects.port import PortConfig, Protocol, PublishMode
from core.objects.resources import Platform
from core.objects.secret import SecretSpec
from core.objects.service import (
    EndpointMode,
    EndpointSpec,
    Global,
    Replicated,
    ReplicatedJob,
    ServiceSpec,
    UpdateConfig,
    UpdateOrder,
)
from core.objects.task import (
    ConfigReference,
    ContainerSpec,
    FileTarget,
    HealthCheck,
    LogDriver,
    Mount,
    NetworkTarget,
    Placement,
    SecretReference,
    TaskSpec,
    Ulimit,
)
from core.timing import MS, SECOND

PLAIN = ServiceSpec("web", TaskSpec(ContainerSpec("web:1")))
NAMES = {"n1": "shop_front", "s1": "shop_password", "c1": "shop_motd"}


def with_container(**changed: Any) -> ServiceSpec:
    return replace(PLAIN, task=replace(PLAIN.task, container=replace(PLAIN.task.container, **changed)))


def with_task(**changed: Any) -> ServiceSpec:
    return replace(PLAIN, task=replace(PLAIN.task, **changed))


@pytest.mark.parametrize(
    ("spec", "key", "text"),
    [
        (PLAIN, "image", "web:1"),
        (replace(PLAIN, mode=Replicated(3)), "deploy.replicas", "3"),
        (replace(PLAIN, mode=Global()), "deploy.mode", "global"),
        (replace(PLAIN, mode=ReplicatedJob(2, 7)), "deploy.replicas", "7"),
        (replace(PLAIN, labels={"a": "b"}), "deploy.labels.a", "b"),
        (replace(PLAIN, update=UpdateConfig(delay_ns=90 * SECOND)), "deploy.update_config.delay", "90s"),
        (
            replace(PLAIN, rollback=UpdateConfig(order=UpdateOrder.START_FIRST)),
            "deploy.rollback_config.order",
            "start-first",
        ),
        (replace(PLAIN, endpoint=EndpointSpec(EndpointMode.DNSRR)), "deploy.endpoint_mode", "dnsrr"),
        (
            replace(PLAIN, endpoint=EndpointSpec(ports=(PortConfig(80, 8080, Protocol.UDP, PublishMode.HOST),))),
            "ports[8080/udp]",
            "target_port=80,published_port=8080,protocol=udp,publish_mode=host",
        ),
        (with_task(force_update=2), "forced updates", "2"),
        (with_task(log_driver=LogDriver("syslog")), "logging.driver", "syslog"),
        (with_task(log_driver=LogDriver()), "logging", "as by default"),
        (
            with_task(networks=(NetworkTarget(NetworkId("n1"), ("web",)),)),
            "networks[shop_front]",
            "network=shop_front,aliases=web",
        ),
        (with_container(env=("A=b=c",)), "environment.A", "b=c"),
        (with_container(args=("sh", "-c", "a b", "")), "command", "sh -c 'a b' ''"),
        (with_container(health=HealthCheck(interval_ns=250 * MS)), "healthcheck.interval", "250ms"),
        (with_container(health=HealthCheck()), "healthcheck", "as by default"),
        (with_container(mounts=(Mount("tmpfs", "/tmp"),)), "volumes[/tmp]", "kind=tmpfs,target=/tmp"),
        (with_container(ulimits=(Ulimit("nofile", 1, 2),)), "ulimits[nofile]", "name=nofile,soft=1,hard=2"),
        (with_container(credential_spec={"config": "c1"}), "credential_spec.config", "shop_motd"),
        (
            with_container(secrets=(SecretReference(SecretId("s1"), "shop_password", FileTarget("pw", mode=0o400)),)),
            "secrets[pw]",
            "source=shop_password,name=pw,mode=0400",
        ),
        (
            with_container(configs=(ConfigReference(ConfigId("gone"), "shop_motd", FileTarget("motd")),)),
            "configs[motd]",
            "source=gone,name=motd",  # another one of that name is there now
        ),
        (NetworkSpec("n", options={"mtu": "9000"}), "driver_opts.mtu", "9000"),
        (NetworkSpec("n", subnets=(Subnet("10.0.0.0/8"),)), "ipam.config[10.0.0.0/8]", "subnet=10.0.0.0/8"),
        (ConfigSpec("c", b"hello"), "data", "5 bytes"),
    ],
)
def test_in_a_compose_files_words(spec: Any, key: str, text: str) -> None:
    assert settings(spec, NAMES)[key] == text


def test_no_data_is_shown() -> None:
    assert "open sesame" not in str(settings(SecretSpec("s", b"open sesame"), {}))


def test_the_table_of_keys_names_fields_that_there_are() -> None:
    for kind, keys in KEYS.items():
        there = places(kind, "")
        assert set(keys) <= there, set(keys) - there


def places(kind: Any, path: str) -> set[str]:
    """The path of each field of a record, and of the records in it."""
    if not (isinstance(kind, type) and issubclass(kind, Struct)):
        return set().union(*(places(each, path) for each in getattr(kind, "__args__", ())))
    found = set()
    for field in fields(kind):
        inner = f"{path}.{field.name}" if path else field.name
        found |= {inner} | places(field.type, inner)
    return found


def test_no_field_is_overlooked() -> None:
    """Whichever one field is not as by default is a setting: an update always has a difference to tell."""
    changed = list(one_field_changed(PLAIN))
    assert len(changed) > 60
    assert [spec for spec in changed if settings(spec, {}) == settings(PLAIN, {})] == []
    found = [settings(spec, {}) for spec in changed]
    assert [each for each in found if found.count(each) > 1] == []


def one_field_changed(record: Any) -> Iterator[Any]:
    """The record with any one field as it is not by default, also in the records that it has."""
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, Struct):
            others: Iterable[Any] = one_field_changed(value)
        elif isinstance(record, ServiceSpec) and field.name == "name":
            others = ()
        else:
            others = [another(field.type, value)]
        yield from (replace(record, **{field.name: other}) for other in others)


def another(kind: Any, than: Any) -> Any:
    """A value of a field's type that is not this one."""
    if get_origin(kind) is tuple:
        return (another(get_args(kind)[0], None),)
    if get_origin(kind) is dict:
        return {"x": "y"}
    for each in get_args(kind) or (kind,):
        if isinstance(each, type) and issubclass(each, Struct):
            return each(**{field.name: another(field.type, None) for field in fields(each)})
        if isinstance(each, type) and issubclass(each, Enum):
            return next(member for member in each if member is not than)
        if each is bool:
            return not than
        if each in (int, float):
            return each((than or 0) + 1)
    return "x=y"


def test_what_no_compose_file_can_write_is_told_as_well() -> None:
    spec = with_task(placement=Placement(platforms=(Platform("linux", "arm64"),)))
    assert (
        settings(spec, {})["deploy.placement.platforms[os=linux,architecture=arm64]"] == "os=linux,architecture=arm64"
    )
