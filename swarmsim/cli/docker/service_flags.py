"""All flags of `service create` and `service update`: what each sets in a service's spec."""

import shlex
from collections.abc import Iterator
from typing import Any, Final

from swarmsim.cli.docker.amounts import duration_of, nano_cpus_of, size_of
from swarmsim.cli.docker.flags import Flag, Listed, Mapped, Row, Setting
from swarmsim.cli.docker.options import pairs_of
from swarmsim.cli.docker.service_items import (
    credential_of,
    env_of,
    file_reader,
    generic_key,
    generic_of,
    host_of,
    is_host,
    is_network,
    is_published_port,
    mount_of,
    network_of,
    port_of,
    preference_key,
    preference_of,
    ulimit_of,
)

TASK: Final = "TaskTemplate"
CONTAINER: Final = f"{TASK}.ContainerSpec"
_DURATION: Final = "DURATION"


def _one(name: str, path: str, what: str, kind: Any = str, **more: Any) -> Setting:
    names, read = more.pop("short", ()), more.pop("read", None)
    flag = Flag((f"--{name}", *names), what, kind, more.get("metavar"))
    return Setting(flag, path) if read is None else Setting(flag, path, read)


def _duration(name: str, path: str, what: str) -> Setting:
    return _one(name, path, what, metavar=_DURATION, read=duration_of)


def _rollout(word: str, section: str, what: str, actions: str) -> Iterator[Setting]:
    yield _one(f"{word}-parallelism", f"{section}.Parallelism", f"Tasks {what} at a time; 0: all.", int)
    yield _duration(f"{word}-delay", f"{section}.Delay", f"Pause between tasks {what}.")
    yield _one(f"{word}-failure-action", f"{section}.FailureAction", f"When it fails: {actions}.")
    yield _one(f"{word}-max-failure-ratio", f"{section}.MaxFailureRatio", "Part that may fail.", float)
    yield _duration(f"{word}-monitor", f"{section}.Monitor", f"How long each task {what} is watched.")
    yield _one(f"{word}-order", f"{section}.Order", "start-first or stop-first.")


def _capability(daemon: Any, text: str) -> str:
    name = text.upper()
    return name if name == "ALL" or name.startswith("CAP_") else f"CAP_{name}"


SETTINGS: Final[tuple[Setting, ...]] = (
    _one(
        "credential-spec",
        f"{CONTAINER}.Privileges.CredentialSpec",
        "Account of the service, on Windows.",
        read=credential_of,
    ),
    _one("endpoint-mode", "EndpointSpec.Mode", "vip or dnsrr."),
    _one("entrypoint", f"{CONTAINER}.Command", "What runs instead of the image's ENTRYPOINT.", read=shlex.split),
    _one(
        "health-cmd", f"{CONTAINER}.Healthcheck.Test", "Probe of health.", read=lambda command: ["CMD-SHELL", command]
    ),
    _duration("health-interval", f"{CONTAINER}.Healthcheck.Interval", "Time between two probes."),
    _one("health-retries", f"{CONTAINER}.Healthcheck.Retries", "Failures in a row that mean it is unhealthy.", int),
    _duration("health-start-interval", f"{CONTAINER}.Healthcheck.StartInterval", "The same, while it starts."),
    _duration("health-start-period", f"{CONTAINER}.Healthcheck.StartPeriod", "Time in which failures do not count."),
    _duration("health-timeout", f"{CONTAINER}.Healthcheck.Timeout", "How long a probe may take."),
    _one(
        "no-healthcheck",
        f"{CONTAINER}.Healthcheck",
        "No probe, not even the image's.",
        bool,
        read=lambda _: {"Test": ["NONE"]},
    ),
    _one("hostname", f"{CONTAINER}.Hostname", "Hostname of the containers."),
    _one("init", f"{CONTAINER}.Init", "Run an init in each container.", bool),
    _one("isolation", f"{CONTAINER}.Isolation", "How containers are kept apart, on Windows."),
    _one("limit-cpu", f"{TASK}.Resources.Limits.NanoCPUs", "Most CPUs.", metavar="CPUS", read=nano_cpus_of),
    _one("limit-memory", f"{TASK}.Resources.Limits.MemoryBytes", "Most memory.", metavar="SIZE", read=size_of),
    _one("limit-pids", f"{TASK}.Resources.Limits.Pids", "Most processes; 0: as many as it likes.", int),
    _one("log-driver", f"{TASK}.LogDriver.Name", "Who takes the logs."),
    _one(
        "log-opt", f"{TASK}.LogDriver.Options", "Option for whoever takes them; repeatable.", list[str], read=pairs_of
    ),
    _one("oom-score-adj", f"{CONTAINER}.OomScoreAdj", "Preference when memory is short, -1000 to 1000.", int),
    _one("read-only", f"{CONTAINER}.ReadOnly", "Let nobody write to the container's root.", bool),
    _one("replicas-max-per-node", f"{TASK}.Placement.MaxReplicas", "Most tasks on a node; 0: any number.", int),
    _one("reserve-cpu", f"{TASK}.Resources.Reservations.NanoCPUs", "CPUs.", metavar="CPUS", read=nano_cpus_of),
    _one("reserve-memory", f"{TASK}.Resources.Reservations.MemoryBytes", "Memory.", metavar="SIZE", read=size_of),
    _one("restart-condition", f"{TASK}.RestartPolicy.Condition", "none, on-failure or any."),
    _duration("restart-delay", f"{TASK}.RestartPolicy.Delay", "Pause before a restart."),
    _one("restart-max-attempts", f"{TASK}.RestartPolicy.MaxAttempts", "Most restarts; 0: any number.", int),
    _duration("restart-window", f"{TASK}.RestartPolicy.Window", "Time in which restarts count."),
    *_rollout("rollback", "RollbackConfig", "rolled back", "pause or continue"),
    _duration("stop-grace-period", f"{CONTAINER}.StopGracePeriod", "How long a container may take to stop."),
    _one("stop-signal", f"{CONTAINER}.StopSignal", "What tells a container to stop."),
    _one("tty", f"{CONTAINER}.TTY", "Give containers a terminal.", bool, short=("-t",)),
    *_rollout("update", "UpdateConfig", "updated", "pause, continue or rollback"),
    _one("user", f"{CONTAINER}.User", "Who runs it: NAME|UID[:GROUP|GID].", short=("-u",)),
    _one("workdir", f"{CONTAINER}.Dir", "Where it runs.", short=("-w",)),
)
"""Flags that set one place."""

LISTS: Final[tuple[Listed | Mapped, ...]] = (
    Listed(
        "config",
        f"{CONTAINER}.Configs",
        "Config to read",
        file_reader("config"),
        lambda item: str(item["ConfigName"]),
    ),
    Listed("constraint", f"{TASK}.Placement.Constraints", "Where tasks may run", metavar="KEY==VALUE"),
    Mapped("container-label", f"{CONTAINER}.Labels", "Label of the containers"),
    Listed("dns", f"{CONTAINER}.DNSConfig.Nameservers", "Server to ask for names"),
    Listed("dns-option", f"{CONTAINER}.DNSConfig.Options", "Option for asking"),
    Listed("dns-search", f"{CONTAINER}.DNSConfig.Search", "Domain to look for names in"),
    Listed(
        "env",
        f"{CONTAINER}.Env",
        "Variable of the environment",
        env_of,
        lambda item: str(item).partition("=")[0],
        short=("-e",),
        metavar="NAME=VALUE",
    ),
    Listed(
        "generic-resource",
        f"{TASK}.Resources.Reservations.GenericResources",
        "Other resource",
        generic_of,
        generic_key,
        metavar="KIND=VALUE",
    ),
    Listed("group", f"{CONTAINER}.Groups", "Further group of its user"),
    Listed("host", f"{CONTAINER}.Hosts", "Address of a name", host_of, removed_by=is_host, metavar="NAME:ADDRESS"),
    Mapped("label", "Labels", "Label of the service", ("-l",)),
    Listed("mount", f"{CONTAINER}.Mounts", "What is mounted", mount_of, lambda item: str(item["Target"])),
    Listed(
        "network",
        f"{TASK}.Networks",
        "Network to be on",
        network_of,
        lambda item: str(item["Target"]),
        is_network,
    ),
    Listed(
        "placement-pref", f"{TASK}.Placement.Preferences", "What tasks are spread over", preference_of, preference_key
    ),
    Listed(
        "publish",
        "EndpointSpec.Ports",
        "Port to be reached at",
        port_of,
        removed_by=is_published_port,
        short=("-p",),
        metavar="[PUBLISHED:]TARGET",
    ),
    Listed(
        "secret",
        f"{CONTAINER}.Secrets",
        "Secret to read",
        file_reader("secret"),
        lambda item: str(item["SecretName"]),
    ),
    Mapped("sysctl", f"{CONTAINER}.Sysctls", "Setting of the kernel"),
    Listed("ulimit", f"{CONTAINER}.Ulimits", "Limit of the processes", ulimit_of, lambda item: str(item["Name"])),
)
"""Flags that are repeated; when updating, one adds and another removes."""
CAPABILITIES: Final = (
    Listed("cap-add", f"{CONTAINER}.CapabilityAdd", "Linux capability to have", _capability),
    Listed("cap-drop", f"{CONTAINER}.CapabilityDrop", "Linux capability not to have", _capability),
)
"""They are called the same in either command."""
ROWS: Final[tuple[Row, ...]] = (*SETTINGS, *LISTS, *CAPABILITIES)


def flags_of(*, update: bool) -> tuple[Flag, ...]:
    """All of them, as one of the two commands takes them."""
    listed = (flag for row in (*SETTINGS, *LISTS) for flag in row.flags(update=update))
    capabilities = (flag for row in CAPABILITIES for flag in row.flags(update=False))
    return tuple(sorted((*listed, *capabilities), key=lambda flag: flag.word))
