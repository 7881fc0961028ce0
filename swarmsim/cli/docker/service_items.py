"""Items of a service's lists as its flags write them: ports, mounts, secrets, configs, networks and the like."""

import csv
import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from core.codec.docker.endpoint import PORTS
from core.codec.docker.mount import MOUNTS
from core.compose.mounts import KINDS
from core.compose.ports import ports
from core.compose.surroundings import Surroundings
from core.document import Value
from core.mistakes import DocumentError
from core.objects.task import Mount
from swarmsim.cli.docker.amounts import size_of
from swarmsim.cli.docker.client import Daemon, DaemonError, Json

_MOUNT_WORDS: Final = {"type": "kind", "source": "source", "src": "source", "target": "target", "dst": "target"}
_MOUNT_WORDS_OF_TARGET: Final = ("destination",)
_READ_ONLY: Final = ("readonly", "ro")
_MOUNT_OPTIONS: Final = (
    "bind-propagation",
    "consistency",
    "image-subpath",
    "tmpfs-mode",
    "tmpfs-size",
    "volume-driver",
    "volume-label",
    "volume-nocopy",
    "volume-opt",
    "volume-subpath",
)


def fields_of(flag: str, text: str, *known: str) -> dict[str, list[str]]:
    """`key=value,key=value`, values perhaps in quotes; a key alone is as if it were true."""
    found: dict[str, list[str]] = {}
    for field in next(csv.reader([text]), []):
        key, equals, value = field.partition("=")
        key = key.strip().lower()
        if key not in known:
            raise DaemonError(
                f'invalid argument "{text}" for "--{flag}": unknown field {key!r}; there are {", ".join(known)}'
            )
        found.setdefault(key, []).append(value if equals else "true")
    return found


def env_of(daemon: Daemon, text: str) -> str:
    """`NAME=VALUE`; a name alone has the value that it has here."""
    return text if "=" in text else f"{text}={os.environ.get(text, '')}"


def port_of(daemon: Daemon, text: str) -> Json:
    """`8080:80/udp`, or `published=8080,target=80,protocol=udp,mode=host`."""
    raw: Json = text
    if "=" in text:
        fields = fields_of("publish", text, "target", "published", "protocol", "mode")
        raw = {key: values[-1] for key, values in fields.items()}
        for key in ("target", "published"):
            if raw.get(key, "").isdecimal():
                raw[key] = int(raw[key])
    try:
        found = ports(Value("publish", [raw]), Surroundings("", "", {}, lambda path: b""))
    except DocumentError as error:
        raise DaemonError(f'invalid argument "{text}" for "-p, --publish": {error}') from error
    if len(found) != 1:
        raise DaemonError(f'invalid argument "{text}" for "-p, --publish": name one port at a time')
    return PORTS.write(found)[0]


def is_published_port(daemon: Daemon, port: Json, text: str) -> bool:
    """Whether a port is meant by `80` or `80/udp`, which is what it has in the container."""
    target, _, protocol = text.rpartition(":")[2].partition("/")
    return bool((str(port["TargetPort"]), port["Protocol"]) == (target, protocol or "tcp"))


def mount_of(daemon: Daemon, text: str) -> Json:
    """`type=volume,source=data,target=/data,readonly` and options that depend on the type."""
    known = (*_MOUNT_WORDS, *_MOUNT_WORDS_OF_TARGET, *_READ_ONLY, *_MOUNT_OPTIONS)
    said: dict[str, Any] = {"kind": "volume", "source": "", "target": ""}
    options: dict[str, str] = {}
    for key, values in fields_of("mount", text, *known).items():
        if key in _READ_ONLY:
            said["read_only"] = values[-1] in ("true", "1")
        elif key in ("volume-opt", "volume-label"):
            options |= {f"{key}.{name}": value for name, _, value in (each.partition("=") for each in values)}
        elif key in _MOUNT_OPTIONS:
            options[key] = str(size_of(values[-1])) if key == "tmpfs-size" else values[-1]
        else:
            said[_MOUNT_WORDS.get(key, "target")] = values[-1]
    if not said["target"]:
        raise DaemonError(f'invalid argument "{text}" for "--mount": target is required')
    if said["kind"] not in KINDS:
        raise DaemonError(f'invalid argument "{text}" for "--mount": type is one of {", ".join(KINDS)}')
    return MOUNTS.write((Mount(**said, options=options),))[0]


def file_reader(kind: str) -> Callable[[Daemon, str], Json]:
    """Of `--secret` or `--config`: a name, or `source=NAME,target=…,uid=…,gid=…,mode=0444`."""

    def read(daemon: Daemon, text: str) -> Json:
        fields = {"source": [text]}
        if "=" in text:
            fields = fields_of(kind, text, "source", "src", "target", "uid", "gid", "mode")
        said = {("source" if key == "src" else key): values[-1] for key, values in fields.items()}
        name = said.get("source", "")
        listed = daemon.get(f"/{kind}s", filters={"name": [name]})
        found = [each for each in listed if each["Spec"]["Name"] == name]
        if not found:
            raise DaemonError(f"{kind} not found: {name}")
        word = kind.capitalize()
        return {
            "File": {
                "Name": said.get("target", name),
                "UID": said.get("uid", "0"),
                "GID": said.get("gid", "0"),
                "Mode": int(said.get("mode", "0444"), 8),
            },
            f"{word}ID": found[0]["ID"],
            f"{word}Name": name,
        }

    return read


def network_of(daemon: Daemon, text: str) -> Json:
    """A name, or `name=NAME,alias=…,driver-opt=KEY=VALUE`."""
    fields = fields_of("network", text, "name", "alias", "driver-opt") if "=" in text else {"name": [text]}
    target: dict[str, Json] = {"Target": _network_id(daemon, "".join(fields.get("name", [])))}
    if "alias" in fields:
        target["Aliases"] = fields["alias"]
    if "driver-opt" in fields:
        target["DriverOpts"] = dict(each.split("=", 1) for each in fields["driver-opt"] if "=" in each)
    return target


def is_network(daemon: Daemon, target: Json, text: str) -> bool:
    """Whether a service's network is meant."""
    target_id = str(target["Target"])
    return target_id in (text, _network_id(daemon, text))


def _network_id(daemon: Daemon, name: str) -> str:
    return str(daemon.get(f"/networks/{name}", scope="swarm")["Id"])


def preference_of(daemon: Daemon, text: str) -> Json:
    """`spread=node.labels.rack`."""
    strategy, _, descriptor = text.partition("=")
    if strategy != "spread" or not descriptor:
        raise DaemonError(f'invalid argument "{text}" for "--placement-pref": write it like spread=node.labels.rack')
    return {"Spread": {"SpreadDescriptor": descriptor}}


def preference_key(preference: Json) -> str:
    """What `--placement-pref-rm` calls it."""
    return f"spread={preference['Spread']['SpreadDescriptor']}"


def host_of(daemon: Daemon, text: str) -> str:
    """`NAME:ADDRESS`, which containers have as `ADDRESS NAME`."""
    name, colon, address = text.partition(":")
    if not colon:
        raise DaemonError(f'bad format for add-host: "{text}"; write it like name:address')
    return f"{address} {name}"


def is_host(daemon: Daemon, entry: Json, text: str) -> bool:
    """Whether an entry is meant by `NAME` or `NAME:ADDRESS`."""
    name, _, address = text.partition(":")
    found_address, *names = entry.split()
    return name in names and address in ("", found_address)


def ulimit_of(daemon: Daemon, text: str) -> Json:
    """`nofile=1024:2048`: the soft limit, and the hard one if it is another."""
    name, _, limits = text.partition("=")
    soft, _, hard = limits.partition(":")
    try:
        return {"Name": name, "Soft": int(soft), "Hard": int(hard or soft)}
    except ValueError:
        raise DaemonError(f'invalid argument "{text}" for "--ulimit": write it like nofile=1024:2048') from None


def generic_of(daemon: Daemon, text: str) -> Json:
    """`gpu=2`, or `gpu=UUID` for one by its name."""
    kind, _, value = text.partition("=")
    if value.isdecimal():
        return {"DiscreteResourceSpec": {"Kind": kind, "Value": int(value)}}
    return {"NamedResourceSpec": {"Kind": kind, "Value": value}}


def generic_key(resource: Mapping[str, Json]) -> str:
    """Its kind."""
    return str(next(iter(resource.values()))["Kind"])


def credential_of(text: str) -> Json:
    """`config://ID`, `file://NAME` or `registry://NAME`."""
    where, separator, name = text.partition("://")
    if not separator or where not in ("config", "file", "registry"):
        raise DaemonError(f'invalid argument "{text}" for "--credential-spec": write it like file://NAME')
    return {where.capitalize(): name}
