"""The body of `POST /containers/create`: what of it has an effect here, and what is told to have none."""

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from core.objects.port import PortConfig, Protocol, PublishMode
from core.objects.task import ContainerSpec, HealthCheck
from core.timing import SECOND
from swarmsim.api.bodies import read
from swarmsim.api.errors import bad_request, unsupported
from swarmsim.containers import Wanted

Words = list[str] | str | None
_PORT: Final = re.compile(r"(\d{1,5})(?:/(tcp|udp|sctp))?")
_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_OWN_NETWORKS: Final = ("", "default", "bridge", "host", "none")
_WITHOUT_EFFECT: Final = (
    "Binds", "Mounts", "Tmpfs", "VolumesFrom", "Memory", "MemoryReservation", "NanoCpus", "CpuShares", "CpuQuota",
    "CpusetCpus", "PidsLimit", "CapAdd", "CapDrop", "Privileged", "Devices", "DeviceRequests", "Ulimits", "Sysctls",
    "SecurityOpt", "Links",
)  # fmt: skip
"""What engines attend to and this one does not, in `HostConfig`."""


class _Health(Struct, frozen=True, rename="pascal"):
    test: list[str] | None = None
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


class _Config(Struct, frozen=True, rename="pascal"):
    image: str = ""
    cmd: Words = None
    entrypoint: Words = None
    env: list[str] | None = None
    labels: dict[str, str] | None = None
    hostname: str = ""
    user: str = ""
    working_dir: str = ""
    tty: bool = False
    open_stdin: bool = False
    stop_signal: str = ""
    stop_timeout: int | None = None
    healthcheck: _Health | None = None
    host_config: dict[str, Any] | None = None


class _Binding(Struct, frozen=True, rename="pascal"):
    host_port: str = ""


class _Restart(Struct, frozen=True, rename="pascal"):
    name: str = ""


class _HostConfig(Struct, frozen=True, rename="pascal"):
    network_mode: str = ""
    port_bindings: dict[str, list[_Binding] | None] | None = None
    publish_all_ports: bool = False
    auto_remove: bool = False
    restart_policy: _Restart | None = None
    init: bool | None = None
    readonly_rootfs: bool = False
    extra_hosts: list[str] | None = None
    dns: list[str] | None = None
    dns_options: list[str] | None = None
    dns_search: list[str] | None = None


def decode_create(body: Mapping[str, Any], name: str) -> tuple[Wanted, list[str]]:
    """The container that is wanted, and warnings of what has no effect. Raises ApiError."""
    if name and not _NAME.fullmatch(name):
        raise bad_request(f"Invalid container name ({name}), only {_NAME.pattern} are allowed")
    config = read(body, _Config, "container")
    host = read(config.host_config or {}, _HostConfig, "container")
    if not config.image:
        raise bad_request("config cannot be empty in order to create a container: name an image")
    if host.network_mode not in _OWN_NETWORKS:
        raise unsupported(f"network {host.network_mode}: containers that are no task's are on no network of the swarm")
    wanted = Wanted(spec=_spec(config, host), name=name, ports=_ports(host), auto_remove=host.auto_remove)
    return wanted, _warnings(config.host_config or {}, host)


def _warnings(raw: Mapping[str, Any], host: _HostConfig) -> list[str]:
    said = {key.lower() for key, value in raw.items() if value}
    ignored = [key for key in _WITHOUT_EFFECT if key.lower() in said]
    if host.restart_policy is not None and host.restart_policy.name not in ("", "no"):
        ignored.append("RestartPolicy")
    if host.publish_all_ports:
        ignored.append("PublishAllPorts")
    return [f"HostConfig.{key} has no effect in a simulated container" for key in ignored]


def _spec(config: _Config, host: _HostConfig) -> ContainerSpec:
    spec = ContainerSpec(
        config.image,
        labels=config.labels or {},
        command=_words(config.entrypoint),
        args=_words(config.cmd),
        hostname=config.hostname,
        env=tuple(config.env or ()),
        dir=config.working_dir,
        user=config.user,
        init=host.init,
        stop_signal=config.stop_signal,
        tty=config.tty,
        open_stdin=config.open_stdin,
        read_only=host.readonly_rootfs,
        health=_health(config.healthcheck),
        hosts=tuple(" ".join(reversed(entry.split(":", 1))) for entry in host.extra_hosts or ()),
        dns_nameservers=tuple(host.dns or ()),
        dns_options=tuple(host.dns_options or ()),
        dns_search=tuple(host.dns_search or ()),
    )
    if config.stop_timeout is None:
        return spec
    return replace(spec, stop_grace_period_ns=max(config.stop_timeout, 0) * SECOND)


def _words(words: Words) -> tuple[str, ...]:
    if isinstance(words, str):
        return (words,)
    return tuple(words or ())


def _health(asked: _Health | None) -> HealthCheck | None:
    if asked is None or not asked.test:
        return None
    usual = HealthCheck()
    return HealthCheck(
        tuple(asked.test),
        asked.interval or usual.interval_ns,
        asked.timeout or usual.timeout_ns,
        asked.start_period or usual.start_period_ns,
        asked.start_interval or usual.start_interval_ns,
        asked.retries or usual.retries,
    )


def _ports(host: _HostConfig) -> tuple[PortConfig, ...]:
    found: list[PortConfig] = []
    for key, bindings in (host.port_bindings or {}).items():
        match = _PORT.fullmatch(key)
        if match is None:
            raise bad_request(f"invalid port {key!r}: write it like 80/tcp")
        protocol = Protocol(match[2] or "tcp")
        for binding in bindings or [_Binding()]:
            if binding.host_port and not binding.host_port.isdecimal():
                raise bad_request(f"invalid port specification: {binding.host_port!r}")
            found.append(PortConfig(int(match[1]), int(binding.host_port or 0), protocol, PublishMode.HOST))
    if any(max(port.target_port, port.published_port) > 65_535 for port in found):
        raise bad_request("invalid port specification: ports end at 65535")
    return tuple(found)
