"""Containers as Docker's API shows them: in a list, and one with all there is to say of it."""

import hashlib
from typing import Final

from core.codec.docker.container import CONTAINER
from core.codec.docker.kinds import Object
from core.codec.docker.times import rfc3339
from core.ids import NetworkId
from core.objects.port import PortConfig
from core.timing import SECOND
from swarmsim.api.engine.container_words import command_text, status_text
from swarmsim.containers import Attachment, EngineContainer, Health

_NEVER: Final = "0001-01-01T00:00:00Z"
_ANYWHERE: Final = "0.0.0.0"
_BRIDGE: Final = Attachment(NetworkId(""), "bridge", "")
"""Where a container is that is on no network of the swarm; it has no address there."""


def list_body(container: EngineContainer, now: int) -> Object:
    """As in `GET /containers/json`; `now` by its host's wall clock."""
    return {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": container.spec.image,
        "ImageID": container.image_id,
        "Command": command_text(container.argv),
        "Created": container.created_at // SECOND,
        "Ports": [
            {
                "IP": _ANYWHERE,
                "PrivatePort": port.target_port,
                "PublicPort": port.published_port,
                "Type": port.protocol.value,
            }
            for port in container.ports
        ],
        "Labels": dict(container.labels),
        "State": container.state.status.value,
        "Status": status_text(container, now),
        "HostConfig": {"NetworkMode": network_mode(container)},
        "NetworkSettings": {"Networks": networks_of(container)},
        "Mounts": _mounts(container),
    }


def inspect_body(container: EngineContainer, exec_ids: list[str]) -> Object:
    """As in `GET /containers/{id}/json`."""
    return {
        "Id": container.id,
        "Created": rfc3339(container.created_at),
        "Path": container.argv[0] if container.argv else "",
        "Args": list(container.argv[1:]),
        "State": _state(container),
        "Image": container.image_id,
        "ResolvConfPath": "",
        "HostnamePath": "",
        "HostsPath": "",
        "LogPath": "",
        "Name": f"/{container.name}",
        "RestartCount": 0,
        "Driver": "simulated",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": exec_ids or None,
        "HostConfig": _host_config(container),
        "GraphDriver": {"Name": "simulated", "Data": None},
        "Mounts": _mounts(container),
        "Config": _config(container),
        "NetworkSettings": {
            "Bridge": "",
            "SandboxID": "",
            "SandboxKey": "",
            "Ports": _ports(container.ports),
            "Networks": networks_of(container),
        },
    }


def networks_of(container: EngineContainer) -> Object:
    """By name; it has addresses while it runs."""
    if container.task_id is None:
        return {"bridge": _endpoint(container, _BRIDGE)}
    return {each.network_name: _endpoint(container, each) for each in container.attachments}


def network_mode(container: EngineContainer) -> str:
    """The network it is on, or the first of them."""
    return container.attachments[0].network_name if container.attachments else "bridge"


def _endpoint(container: EngineContainer, attachment: Attachment) -> Object:
    address, _, length = (attachment.address if container.state.running else "").partition("/")
    identity = hashlib.sha256(f"{container.id} {attachment.network_id}".encode()).hexdigest()
    return {
        "IPAMConfig": {"IPv4Address": attachment.address.partition("/")[0]} if attachment.address else None,
        "Links": None,
        "Aliases": list(attachment.aliases) or None,
        "MacAddress": "",
        "DriverOpts": None,
        "GwPriority": 0,
        "NetworkID": attachment.network_id,
        "EndpointID": identity if address else "",
        "Gateway": "",
        "IPAddress": address,
        "IPPrefixLen": int(length) if length else 0,
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "DNSNames": [container.name, container.hostname],
    }


def _state(container: EngineContainer) -> Object:
    state = container.state
    body: Object = {
        "Status": state.status.value,
        "Running": state.running,
        "Paused": False,
        "Restarting": False,
        "OOMKilled": state.out_of_memory,
        "Dead": False,
        "Pid": state.pid,
        "ExitCode": state.exit_code,
        "Error": state.error,
        "StartedAt": rfc3339(state.started_at) if state.started_at else _NEVER,
        "FinishedAt": rfc3339(state.finished_at) if state.finished_at else _NEVER,
    }
    if state.health is not Health.NONE:
        body["Health"] = {"Status": state.health.value, "FailingStreak": state.failing_streak, "Log": []}
    return body


def _config(container: EngineContainer) -> Object:
    spec = container.spec
    body = {
        "Hostname": container.hostname,
        "Domainname": "",
        "User": spec.user,
        "AttachStdin": False,
        "AttachStdout": False,
        "AttachStderr": False,
        "Tty": spec.tty,
        "OpenStdin": spec.open_stdin,
        "StdinOnce": False,
        "Env": list(container.environment),
        "Cmd": list(spec.args) or None,
        "Image": spec.image,
        "Volumes": None,
        "WorkingDir": spec.dir,
        "Entrypoint": list(spec.command) or None,
        "Labels": dict(container.labels),
    }
    if spec.stop_signal:
        body["StopSignal"] = spec.stop_signal
    if spec.health is not None:
        body["Healthcheck"] = CONTAINER.write(spec)["Healthcheck"]
    if container.asked_ports:
        body["ExposedPorts"] = {_port_key(port): {} for port in container.asked_ports}
    return body


def _host_config(container: EngineContainer) -> Object:
    spec = container.spec
    return {
        "Binds": None,
        "LogConfig": {"Type": "json-file", "Config": {}},
        "NetworkMode": network_mode(container),
        "PortBindings": _bindings(container.asked_ports),
        "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
        "AutoRemove": container.auto_remove,
        "Init": spec.init,
        "ReadonlyRootfs": spec.read_only,
        "Dns": list(spec.dns_nameservers),
        "DnsOptions": list(spec.dns_options),
        "DnsSearch": list(spec.dns_search),
        "ExtraHosts": list(spec.hosts) or None,
        "Memory": container.memory_limit_bytes,
        "Privileged": False,
        "Runtime": "",
    }


def _mounts(container: EngineContainer) -> list[Object]:
    return [
        {
            "Type": mount.kind,
            **({"Name": mount.source} if mount.kind == "volume" else {}),
            "Source": mount.source,
            "Destination": mount.target,
            "Mode": "",
            "RW": not mount.read_only,
            "Propagation": "",
        }
        for mount in container.spec.mounts
    ]


def _ports(ports: tuple[PortConfig, ...]) -> Object:
    return {_port_key(port): [{"HostIp": _ANYWHERE, "HostPort": str(port.published_port)}] for port in ports}


def _bindings(ports: tuple[PortConfig, ...]) -> Object:
    return {
        _port_key(port): [{"HostIp": "", "HostPort": str(port.published_port) if port.published_port else ""}]
        for port in ports
    }


def _port_key(port: PortConfig) -> str:
    return f"{port.target_port}/{port.protocol.value}"
