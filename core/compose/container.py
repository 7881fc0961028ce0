"""A service's container: what runs, without the references to secrets and configs."""

from typing import Final

from core.compose.environment import environment
from core.compose.lists import command_words, labels, one_or_more, pairs, texts
from core.compose.mounts import Volume, mounts
from core.compose.own_labels import warn_of_container_labels
from core.compose.surroundings import Surroundings
from core.document import Readers, Value, read_fields, whole_count
from core.mistakes import gather
from core.objects.task import ContainerSpec, HealthCheck, LogDriver, Ulimit

_ISOLATIONS: Final = ("default", "process", "hyperv")


def container(
    service: Value, entries: dict[str, Value], volumes: dict[str, Volume], around: Surroundings
) -> ContainerSpec:
    """The container of `service`, whose keys are `entries`; an absent key leaves the spec's default."""
    parts = gather(
        {
            "image": lambda: _image(service, entries),
            "labels": lambda: around.with_namespace(_labels(entries, around)),
            "env": lambda: environment(entries, around),
            "mounts": lambda: mounts(entries, volumes, around),
            "capabilities": lambda: _capabilities(entries),
            "plain": lambda: read_fields(entries, _PLAIN_KEYS),
        }
    )
    plain, (add, drop) = parts.pop("plain"), parts.pop("capabilities")
    return ContainerSpec(capability_add=add, capability_drop=drop, **parts, **plain)


def _image(service: Value, entries: dict[str, Value]) -> str:
    if "image" not in entries:
        service.fail("'image' is missing: a swarm runs images, it does not build them")
    image = entries["image"].text()
    if not image or any(character.isspace() for character in image):
        entries["image"].fail(f"{image!r} is not the name of an image")
    return image


def _labels(entries: dict[str, Value], around: Surroundings) -> dict[str, str]:
    if "labels" not in entries:
        return {}
    found = labels(entries["labels"])
    warn_of_container_labels(entries["labels"], found, around)
    return found


def log_driver(entries: dict[str, Value]) -> LogDriver | None:
    """Where the service's output goes, if the file says so."""
    return entries["logging"].record(LogDriver, _LOGGING) if "logging" in entries else None


def _health(value: Value) -> HealthCheck:
    section = value.fields(*_HEALTH, "disable")
    disabled = section["disable"].boolean() if "disable" in section else False
    if disabled and "test" in section:
        section["disable"].fail("a health check cannot be disabled and have a test")
    if disabled:
        return HealthCheck(test=("NONE",))
    return HealthCheck(**read_fields(section, _HEALTH))


def _health_test(value: Value) -> tuple[str, ...]:
    if value.is_text:
        return ("CMD-SHELL", value.text())
    words = tuple(item.scalar_text() for item in value.items())
    if words and words[0] not in ("NONE", "CMD", "CMD-SHELL"):
        value.fail(f"the first word must be NONE, CMD or CMD-SHELL, not {words[0]!r}")
    return words


def _hosts(value: Value) -> tuple[str, ...]:
    # Written name:address (or name=address), kept as the line of /etc/hosts.
    if value.is_mapping:
        return tuple(f"{address.scalar_text()} {name}" for name, address in sorted(value.mapping().items()))
    lines = []
    for item in value.items():
        text = item.text()
        separator = "=" if "=" in text else ":"
        name, found, address = text.partition(separator)
        if not (name and found and address):
            item.fail(f"{text!r} is not a host; write it like name:10.0.0.1")
        lines.append(f"{address} {name}")
    return tuple(lines)


def _ulimits(value: Value) -> tuple[Ulimit, ...]:
    limits = []
    for name, limit in sorted(value.mapping().items()):
        if limit.is_mapping:
            section = limit.fields("soft", "hard", required=["soft", "hard"])
            limits.append(Ulimit(name, section["soft"].integer(), section["hard"].integer()))
        else:
            limits.append(Ulimit(name, limit.integer(), limit.integer()))
    return tuple(limits)


def _capabilities(entries: dict[str, Value]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    add, drop = (_capability_names(entries[key]) if key in entries else () for key in ("cap_add", "cap_drop"))
    return add, tuple(name for name in drop if name not in add)


def _capability_names(value: Value) -> tuple[str, ...]:
    names = {name.upper() for name in texts(value)}
    if "ALL" in names:
        return ("ALL",)
    return tuple(sorted(name if name.startswith("CAP_") else f"CAP_{name}" for name in names))


def _credential_spec(value: Value) -> dict[str, str]:
    section = value.fields("config", "file", "registry")
    if len(section) != 1:
        value.fail("exactly one of config, file and registry is needed")
    return {key: entry.text() for key, entry in section.items()}


def _sysctls(value: Value) -> dict[str, str]:
    return {key: text or "" for key, text in sorted(pairs(value).items())}


_LOGGING: Final[Readers] = {"driver": ("name", Value.text), "options": ("options", labels)}
_HEALTH: Final[Readers] = {
    "test": ("test", _health_test),
    "interval": ("interval_ns", Value.duration_ns),
    "timeout": ("timeout_ns", Value.duration_ns),
    "start_period": ("start_period_ns", Value.duration_ns),
    "start_interval": ("start_interval_ns", Value.duration_ns),
    "retries": ("retries", whole_count),
}
_PLAIN_KEYS: Final[Readers] = {
    "entrypoint": ("command", command_words),  # Docker's API calls the entry point "command" and the command "args"
    "command": ("args", command_words),
    "hostname": ("hostname", Value.text),
    "user": ("user", Value.scalar_text),
    "working_dir": ("dir", Value.text),
    "read_only": ("read_only", Value.boolean),
    "tty": ("tty", Value.boolean),
    "stdin_open": ("open_stdin", Value.boolean),
    "init": ("init", Value.boolean),
    "isolation": ("isolation", lambda value: value.one_of(_ISOLATIONS)),
    "stop_signal": ("stop_signal", Value.text),
    "stop_grace_period": ("stop_grace_period_ns", Value.duration_ns),
    "healthcheck": ("health", _health),
    "dns": ("dns_nameservers", one_or_more),
    "dns_search": ("dns_search", one_or_more),
    "extra_hosts": ("hosts", _hosts),
    "sysctls": ("sysctls", _sysctls),
    "ulimits": ("ulimits", _ulimits),
    "oom_score_adj": ("oom_score_adj", lambda value: value.integer(-1000, 1000)),
    "credential_spec": ("credential_spec", _credential_spec),
}
"""Keys of a service that become one field of the container, each by a reader of its own."""
