"""Which task templates are sound, and what they refer to (swarmkit controlapi `validateTaskSpec`)."""

from msgspec.structs import replace

from core.manager.control.containers import check_container
from core.manager.control.references import resolve
from core.manager.control.refusal import Refusal, invalid
from core.manager.placement.constraints import ConstraintError, parse_constraint
from core.objects.resources import Resources
from core.objects.task import ConfigReference, NetworkTarget, RestartPolicy, SecretReference, TaskSpec
from core.operations import ErrorCode, Kind
from core.store import Store

MIN_NANO_CPUS = 1_000_000
MIN_MEMORY_BYTES = 4 * 1024 * 1024


def bound_task_spec(store: Store, spec: TaskSpec) -> TaskSpec:
    """The template with its networks as ids, refused if it is unsound or refers to what does not exist."""
    check_task_spec(spec)
    _check_payloads(store, spec)
    return replace(spec, networks=tuple(_bound_network(store, target) for target in spec.networks))


def check_task_spec(spec: TaskSpec) -> None:
    """Refuse a template that is unsound whatever the store holds."""
    check_container(spec.container)
    for resources in (spec.limits, spec.reservations):
        _check_resources(resources)
    _check_restart(spec.restart)
    if spec.placement.max_replicas < 0:
        raise invalid("Placement: max-replicas cannot be negative")
    for constraint in spec.placement.constraints:
        try:
            parse_constraint(constraint)
        except ConstraintError as error:
            raise invalid(str(error)) from None


def _check_resources(resources: Resources) -> None:
    if resources.nano_cpus and resources.nano_cpus < MIN_NANO_CPUS:
        raise invalid(f"invalid cpu value {resources.nano_cpus / 1e9:g}: Must be at least {MIN_NANO_CPUS / 1e9:g}")
    if resources.memory_bytes and resources.memory_bytes < MIN_MEMORY_BYTES:
        raise invalid(f"invalid memory value {resources.memory_bytes}: Must be at least 4MiB")


def _check_restart(policy: RestartPolicy) -> None:
    if policy.delay_ns < 0:
        raise invalid("TaskSpec: restart-delay cannot be negative")
    if policy.window_ns < 0:
        raise invalid("TaskSpec: restart-window cannot be negative")
    if policy.max_attempts < 0:
        raise invalid("TaskSpec: restart-max-attempts cannot be negative")


def _check_payloads(store: Store, spec: TaskSpec) -> None:
    targets: set[str] = set()
    for reference in spec.container.secrets:
        _check_target("secret", reference.secret_name, reference, targets)
        secret = store.secrets.get(reference.secret_id)
        if secret is None or secret.spec.name != reference.secret_name:
            raise Refusal(ErrorCode.INVALID, f"secret not found: {reference.secret_name}")
    for config_reference in spec.container.configs:
        _check_target("config", config_reference.config_name, config_reference, targets)
        config = store.configs.get(config_reference.config_id)
        if config is None or config.spec.name != config_reference.config_name:
            raise Refusal(ErrorCode.INVALID, f"config not found: {config_reference.config_name}")


def _check_target(kind: str, name: str, reference: SecretReference | ConfigReference, targets: set[str]) -> None:
    """Two files of a container may not lie in one place; secrets lie below /run/secrets, configs below the root."""
    if not reference.file.name:
        raise invalid(f"malformed {kind} reference, no target file: {name}")
    directory = "/run/secrets/" if kind == "secret" else "/"
    path = reference.file.name if reference.file.name.startswith("/") else directory + reference.file.name
    if path in targets:
        raise invalid(f"{kind} references have a conflicting target: {path}")
    targets.add(path)


def _bound_network(store: Store, target: NetworkTarget) -> NetworkTarget:
    network = resolve(store, Kind.NETWORK, target.network_id)
    if network.spec.ingress:
        raise invalid(f"Service cannot be explicitly attached to the ingress network {network.spec.name}")
    return replace(target, network_id=network.id)
