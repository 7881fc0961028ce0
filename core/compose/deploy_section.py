"""The `deploy` section of a service: how many tasks and where, what they may use, how they restart and are updated."""

import re
from typing import Final

from core.compose.lists import labels
from core.compose.own_labels import check_service_labels
from core.compose.surroundings import Surroundings
from core.document import Readers, Value, is_whole_number, read_fields, whole_count
from core.mistakes import Mistakes, each
from core.objects.node import Role
from core.objects.resources import Resources
from core.objects.service import (
    EndpointMode,
    FailureAction,
    Global,
    GlobalJob,
    Replicated,
    ReplicatedJob,
    ServiceMode,
    UpdateConfig,
    UpdateOrder,
)
from core.objects.task import Placement, RestartCondition, RestartPolicy
from core.suggestions import did_you_mean, what_there_is

DEPLOY_KEYS: Final = (
    "mode",
    "replicas",
    "labels",
    "endpoint_mode",
    "placement",
    "resources",
    "restart_policy",
    "update_config",
    "rollback_config",
)
_MODES: Final = ("replicated", "global", "replicated-job", "global-job")
_UPDATE_ACTIONS: Final = ("pause", "continue", "rollback")
_ROLLBACK_ACTIONS: Final = ("pause", "continue")
_GENERIC: Final = ("discrete_resource_spec",)
_CONSTRAINT: Final = re.compile(r"\s*(?P<key>[A-Za-z_][A-Za-z0-9\-_.]+)\s*(?:==|!=)\s*(?P<value>\S.*?)\s*")
_CONSTRAINT_KEYS: Final = (
    "node.id",
    "node.hostname",
    "node.ip",
    "node.role",
    "node.platform.os",
    "node.platform.arch",
    "node.labels.",
    "engine.labels.",
)
_ROLES: Final = tuple(role.value for role in Role)
_MIN_NANO_CPUS: Final = 1_000_000
_MAX_CPUS: Final = 1_000_000
_MIN_MEMORY_BYTES: Final = 4 << 20


def mode(deploy: dict[str, Value]) -> ServiceMode:
    """What kind of service it is, and with how many replicas."""
    mistakes = Mistakes()
    word = mistakes.attempt(lambda: deploy["mode"].one_of(_MODES)) if "mode" in deploy else "replicated"
    replicas = mistakes.attempt(lambda: deploy["replicas"].integer(minimum=0)) if "replicas" in deploy else 1
    if word is not None and word.startswith("global") and "replicas" in deploy:
        mistakes.note(deploy["replicas"].path, f"replicas have no meaning in mode {word}")
    mistakes.settle()
    assert replicas is not None
    if word == "replicated-job":
        return ReplicatedJob(max_concurrent=replicas, total_completions=replicas)
    if word == "global-job":
        return GlobalJob()
    return Global() if word == "global" else Replicated(replicas)


def service_labels(deploy: dict[str, Value], around: Surroundings) -> dict[str, str]:
    """Labels of the service itself, not of its containers."""
    if "labels" not in deploy:
        return {}
    found = labels(deploy["labels"])
    check_service_labels(deploy["labels"], found, around)
    return found


def endpoint_mode(deploy: dict[str, Value]) -> EndpointMode:
    """Whether the service has a virtual address."""
    if "endpoint_mode" not in deploy:
        return EndpointMode.VIP
    return EndpointMode(deploy["endpoint_mode"].one_of(word.value for word in EndpointMode))


def placement(deploy: dict[str, Value], around: Surroundings) -> Placement:
    """Where tasks may run."""
    if "placement" not in deploy:
        return Placement()
    return deploy["placement"].record(
        Placement,
        {
            "constraints": ("constraints", lambda listed: each(listed.items(), lambda item: _constraint(item, around))),
            "preferences": ("preferences", _preferences),
            "max_replicas_per_node": ("max_replicas", whole_count),
        },
    )


def _preferences(value: Value) -> tuple[str, ...]:
    return tuple(item.fields("spread", required=["spread"])["spread"].text() for item in value.items())


def _constraint(item: Value, around: Surroundings) -> str:
    text = item.text()
    match = _CONSTRAINT.fullmatch(text)
    if match is None:
        item.fail(f"{text!r} is not a constraint; write it like node.role == worker or node.labels.zone != a")
    key, value = match["key"].lower(), match["value"].lower()
    if not any(key.startswith(known) if known.endswith(".") else key == known for known in _CONSTRAINT_KEYS):
        around.warn(f"no node will ever match {match['key']!r}{did_you_mean(key, _CONSTRAINT_KEYS)}", item.path)
    elif key == "node.role" and value not in _ROLES:
        around.warn(f"no node has the role {match['value']!r}{did_you_mean(value, _ROLES)}", item.path)
    return text


def resources(deploy: dict[str, Value], around: Surroundings) -> tuple[Resources, Resources]:
    """What a task is promised, and what it may use at most."""
    if "resources" not in deploy:
        return Resources(), Resources()
    section = deploy["resources"].fields("limits", "reservations")
    reservations = limits = Resources()
    if "limits" in section:
        limits = _amounts(section["limits"].fields("cpus", "memory", "pids"))
    if "reservations" in section:
        entries = section["reservations"].fields("cpus", "memory", "generic_resources")
        if "generic_resources" in entries:
            each(entries["generic_resources"].items(), _check_generic)
            around.warn("generic resources are not reserved", entries["generic_resources"].path)
        reservations = _amounts(entries)
    return reservations, limits


def _check_generic(item: Value) -> None:
    [key] = _GENERIC
    amount = item.fields(key, required=[key])[key].fields("kind", "value", required=["kind", "value"])
    amount["kind"].text()
    amount["value"].integer(minimum=0)


def _amounts(section: dict[str, Value]) -> Resources:
    return Resources(**read_fields(section, _AMOUNTS))


def _nano_cpus(value: Value) -> int:
    nano_cpus = round(value.number(minimum=0, maximum=_MAX_CPUS) * 1e9)
    if 0 < nano_cpus < _MIN_NANO_CPUS:
        value.fail("the least is 0.001 of a CPU")
    return nano_cpus


def _memory_bytes(value: Value) -> int:
    memory_bytes = value.size_bytes()
    if 0 < memory_bytes < _MIN_MEMORY_BYTES:
        value.fail("the least is 4m")
    return memory_bytes


def restart_policy(deploy: dict[str, Value], service: dict[str, Value]) -> RestartPolicy:
    """When tasks start again; `restart` of the service itself counts where the section says nothing."""
    if "restart_policy" not in deploy:
        return _restart_of_service(service["restart"]) if "restart" in service else RestartPolicy()
    return deploy["restart_policy"].record(RestartPolicy, _RESTART)


def _restart_of_service(value: Value) -> RestartPolicy:
    if value.raw is False:  # `restart: no`, which some YAML readers take for false
        return RestartPolicy(RestartCondition.NONE)
    word, _, attempts = value.text().partition(":")
    if word in ("always", "unless-stopped", ""):
        return RestartPolicy()
    if word == "no":
        return RestartPolicy(RestartCondition.NONE)
    if word != "on-failure" or (attempts and not is_whole_number(attempts)):
        known = ("no", "always", "on-failure", "unless-stopped")
        value.fail(f"{value.text()!r} is not possible here{what_there_is(word, known)}")
    return RestartPolicy(RestartCondition.ON_FAILURE, max_attempts=int(attempts or 0))


def update_config(deploy: dict[str, Value], key: str) -> UpdateConfig:
    """How an update (`update_config`) or its rollback (`rollback_config`) goes about."""
    if key not in deploy:
        return UpdateConfig()
    actions = _UPDATE_ACTIONS if key == "update_config" else _ROLLBACK_ACTIONS
    failure_action = ("failure_action", lambda value: FailureAction(value.one_of(actions)))
    return deploy[key].record(UpdateConfig, {**_UPDATE, "failure_action": failure_action})


_AMOUNTS: Final[Readers] = {
    "cpus": ("nano_cpus", _nano_cpus),
    "memory": ("memory_bytes", _memory_bytes),
    "pids": ("pids", Value.integer),
}
_RESTART: Final[Readers] = {
    "condition": ("condition", lambda value: RestartCondition(value.one_of(word.value for word in RestartCondition))),
    "delay": ("delay_ns", Value.duration_ns),
    "max_attempts": ("max_attempts", whole_count),
    "window": ("window_ns", Value.duration_ns),
}
_UPDATE: Final[Readers] = {
    "parallelism": ("parallelism", whole_count),
    "delay": ("delay_ns", Value.duration_ns),
    "monitor": ("monitor_ns", Value.duration_ns),
    "max_failure_ratio": ("max_failure_ratio", lambda value: value.number(0, 1)),
    "order": ("order", lambda value: UpdateOrder(value.one_of(word.value for word in UpdateOrder))),
}
