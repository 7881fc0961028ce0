"""Creating, relabelling and removing secrets and configs: named bytes, of which nothing but labels ever changes."""

from random import Random
from typing import Any

from msgspec.structs import replace

from core.ids import ConfigId, SecretId, draw_id
from core.manager.control.names import check_file_name
from core.manager.control.references import resolve
from core.manager.control.refusal import invalid, name_taken, out_of_sequence
from core.manager.draft import Draft
from core.manager.update.previous import specs_in_use
from core.objects import Config, Secret, Service
from core.objects.task import ContainerSpec
from core.operations import CreateConfig, CreateSecret, Kind, Remove, UpdateConfig, UpdateSecret
from core.store import Store

MAX_SECRET_BYTES = 512_000
MAX_CONFIG_BYTES = 1_024_000


def create_secret(draft: Draft, operation: CreateSecret, rng: Random) -> str:
    """Answers with the new secret's id."""
    spec = operation.spec
    _check(draft.head, Kind.SECRET, spec, MAX_SECRET_BYTES)
    return draft.create(Secret(SecretId(draw_id(rng)), spec)).id


def create_config(draft: Draft, operation: CreateConfig, rng: Random) -> str:
    """Answers with the new config's id."""
    spec = operation.spec
    _check(draft.head, Kind.CONFIG, spec, MAX_CONFIG_BYTES)
    return draft.create(Config(ConfigId(draw_id(rng)), spec)).id


def update_secret(draft: Draft, operation: UpdateSecret, rng: Random) -> None:
    """Only the labels can change."""
    _relabel(draft, Kind.SECRET, operation)


def update_config(draft: Draft, operation: UpdateConfig, rng: Random) -> None:
    """Only the labels can change."""
    _relabel(draft, Kind.CONFIG, operation)


def remove_payload(draft: Draft, operation: Remove, rng: Random) -> None:
    """Refused while the template of any service refers to it, or did before an update that has not ended."""
    kind = operation.kind
    stored = resolve(draft.head, kind, operation.reference)
    users = [
        service.spec.name for service in draft.head.services.values() if _uses(draft.head, service, kind, stored.id)
    ]
    if users:
        plural = "service" if len(users) == 1 else "services"
        raise invalid(
            f"{kind.value} '{stored.spec.name}' is in use by the following {plural}: {', '.join(sorted(users))}"
        )
    draft.delete(kind, stored.id)


def _check(store: Store, kind: Kind, spec: Any, max_bytes: int) -> None:
    check_file_name(spec.name)
    if not 0 < len(spec.data) < max_bytes:
        raise invalid(f"{kind.value} data must be larger than 0 and less than {max_bytes} bytes")
    if store.id_named(kind, spec.name) is not None:
        raise name_taken(kind.value, spec.name)


def _relabel(draft: Draft, kind: Kind, operation: UpdateSecret | UpdateConfig) -> None:
    stored = resolve(draft.head, kind, operation.id)
    if stored.version != operation.version:
        raise out_of_sequence()
    spec = operation.spec
    if spec.name != stored.spec.name or spec.data not in (b"", stored.spec.data):  # who reads a secret gets no data
        raise invalid("only updates to Labels are allowed")
    if spec.labels != stored.spec.labels:  # a deployment asks for what is there already, for its data to be compared
        draft.update(replace(stored, spec=replace(stored.spec, labels=spec.labels)))


def _uses(store: Store, service: Service, kind: Kind, object_id: str) -> bool:
    return any(object_id in _referred_to(spec.task.container, kind) for spec in specs_in_use(store, service))


def _referred_to(container: ContainerSpec, kind: Kind) -> list[str]:
    if kind is Kind.SECRET:
        return [reference.secret_id for reference in container.secrets]
    return [reference.config_id for reference in container.configs]
