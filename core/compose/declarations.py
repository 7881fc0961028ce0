"""The top-level networks, volumes, secrets and configs: what each key is called in the swarm, and what is to be made.

An `external` one is made by somebody else and keeps its name; all others are `<stack>_<key>` unless `name` says so.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Generic, TypeVar

from msgspec import Struct

from core.compose.lists import labels
from core.compose.mounts import Volume
from core.compose.surroundings import Surroundings
from core.document import Readers, Value, read_fields
from core.objects.config import ConfigSpec
from core.objects.network import NetworkSpec, Subnet
from core.objects.secret import SecretSpec

Spec = TypeVar("Spec")
Data = TypeVar("Data", SecretSpec, ConfigSpec)

_MAX_SECRET_BYTES: Final = 512_000
_MAX_CONFIG_BYTES: Final = 1_024_000
_EXTERNAL_KEYS: Final = ("external", "name", "labels")
_NETWORK_KEYS: Final = (*_EXTERNAL_KEYS, "driver", "driver_opts", "ipam", "internal", "attachable")
_VOLUME_KEYS: Final = (*_EXTERNAL_KEYS, "driver", "driver_opts")
_DATA_KEYS: Final = (*_EXTERNAL_KEYS, "file", "environment", "content", "driver", "driver_opts", "template_driver")
_SOURCES: Final = ("file", "environment", "content")


class Declared(Struct, Generic[Spec], frozen=True, gc=False):
    """One key of a top-level section; `spec` is None if it is external."""

    name: str
    spec: Spec | None


def networks(section: Value, around: Surroundings) -> dict[str, Declared[NetworkSpec]]:
    """Declared networks by key; `default` is there even if the file does not mention it."""
    declared = _all(section, _NETWORK_KEYS, around, lambda _, entries, name: _network(entries, name, around))
    default = NetworkSpec(around.full_name("default"), around.with_namespace({}))
    return {"default": Declared(default.name, default), **declared}


def volumes(section: Value, around: Surroundings) -> dict[str, Volume]:
    """Declared volumes by key. Each node makes its own at first use."""
    declared = _all(section, _VOLUME_KEYS, around, lambda _, entries, name: _volume(entries, name, around))
    return {key: volume.spec or Volume(volume.name) for key, volume in declared.items()}


def secrets(section: Value, around: Surroundings) -> dict[str, Declared[SecretSpec]]:
    """Declared secrets by key, with their data."""
    return _all_data(section, around, SecretSpec, range(1, _MAX_SECRET_BYTES))


def configs(section: Value, around: Surroundings) -> dict[str, Declared[ConfigSpec]]:
    """Declared configs by key, with their data."""
    return _all_data(section, around, ConfigSpec, range(_MAX_CONFIG_BYTES))


def _all(
    section: Value,
    known: tuple[str, ...],
    around: Surroundings,
    make: Callable[[Value, dict[str, Value], str], Spec],
) -> dict[str, Declared[Spec]]:
    """The entries of a section. One that is wrong is noted, and still there for services to refer to."""
    entries = around.mistakes.attempt(section.mapping) or {}
    found = {
        key: around.mistakes.attempt(partial(_declared, key, value, known, around, make))
        for key, value in entries.items()
    }
    return {key: declared or Declared(key, None) for key, declared in found.items()}


def _declared(
    key: str,
    value: Value,
    known: tuple[str, ...],
    around: Surroundings,
    make: Callable[[Value, dict[str, Value], str], Spec],
) -> Declared[Spec]:
    entries = value.fields(*known)
    name = entries["name"].text() if "name" in entries else ""
    if "external" not in entries or entries["external"].raw is False:
        full_name = name or around.full_name(key)
        return Declared(full_name, make(value, entries, full_name))
    for other, entry in entries.items():
        if other not in _EXTERNAL_KEYS:
            entry.fail(f"{other!r} has no meaning for something external: it exists already")
    return Declared(_external_name(entries["external"], name, around) or key, None)


def _external_name(external: Value, name: str, around: Surroundings) -> str:
    if not external.is_mapping:
        external.boolean()
        return name
    nested = external.fields("name")  # an older way of writing `name` beside `external: true`
    if nested and name:
        nested["name"].fail("'name' is written twice; write it beside 'external: true'")
    if not nested:
        return name
    around.warn("external.name is deprecated in favor of name, beside 'external: true'", external.path)
    return nested["name"].text()


def _network(entries: dict[str, Value], name: str, around: Surroundings) -> NetworkSpec:
    ipam = entries["ipam"].fields("driver", "config", "options") if "ipam" in entries else {}
    for key in ("driver", "options"):
        if key in ipam and ipam[key].raw != "default":
            around.warn("addresses are given out by the swarm itself", ipam[key].path)
    return NetworkSpec(
        name=name,
        labels=around.with_namespace(labels(entries["labels"]) if "labels" in entries else {}),
        subnets=_subnets(ipam["config"]) if "config" in ipam else (),
        **read_fields(entries, _NETWORK),
    )


def _subnets(pools: Value) -> tuple[Subnet, ...]:
    return tuple(pool.record(Subnet, _SUBNET, required=["subnet"]) for pool in pools.items())


def _volume(entries: dict[str, Value], name: str, around: Surroundings) -> Volume:
    options = {"volume-driver": entries["driver"].text()} if "driver" in entries else {}
    if "driver_opts" in entries:
        options |= {f"volume-opt.{key}": text for key, text in labels(entries["driver_opts"]).items()}
    own_labels = around.with_namespace(labels(entries["labels"]) if "labels" in entries else {})
    return Volume(name, options | {f"volume-label.{key}": text for key, text in own_labels.items()})


def _all_data(
    section: Value, around: Surroundings, kind: Callable[[str, bytes, dict[str, str]], Data], sizes: range
) -> dict[str, Declared[Data]]:
    def make(value: Value, entries: dict[str, Value], name: str) -> Data:
        own_labels = around.with_namespace(labels(entries["labels"]) if "labels" in entries else {})
        return kind(name, _data(value, entries, around, sizes), own_labels)

    return _all(section, _DATA_KEYS, around, make)


def _data(value: Value, entries: dict[str, Value], around: Surroundings, sizes: range) -> bytes:
    for key in ("driver", "driver_opts", "template_driver"):
        if key in entries:
            entries[key].fail("drivers of secrets and configs are not supported")
    sources = [entries[key] for key in _SOURCES if key in entries]
    if len(sources) != 1:
        value.fail(f"exactly one of {', '.join(_SOURCES)} and external is needed")
    data = _read_data(sources[0], around)
    if len(data) not in sizes:
        sources[0].fail(f"holds {len(data)} bytes; from {sizes.start} to {sizes.stop - 1} are allowed")
    return data


def _read_data(source: Value, around: Surroundings) -> bytes:
    if source.path.endswith(".file"):
        return around.content_of(source)
    if source.path.endswith(".content"):
        return source.text().encode()
    variable = source.text()
    if variable not in around.environment:
        source.fail(around.is_not_set(variable))
    return around.environment[variable].encode()


_SUBNET: Final[Readers] = {
    "subnet": ("subnet", Value.text),
    "gateway": ("gateway", Value.text),
    "ip_range": ("ip_range", Value.text),
}
_NETWORK: Final[Readers] = {
    "driver": ("driver", Value.text),
    "driver_opts": ("options", labels),
    "internal": ("internal", Value.boolean),
    "attachable": ("attachable", Value.boolean),
}
