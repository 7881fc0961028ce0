"""Docker's events: of one change of the store, with what is different now, or of what happens to one container."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from core.codec.docker.kinds import Object
from core.objects import Node, Service
from core.objects.node import NodeState
from core.objects.service import Replicated
from core.operations import Kind
from core.store import Changed
from core.timing import SECOND
from swarmsim.containers import ContainerEvent

CONTAINER: Final = "container"


class Event(Struct, frozen=True):
    """`attributes` tell what it is called and, of an update, what was and is; `at` in wall-clock nanoseconds."""

    kind: str
    action: str
    id: str
    attributes: Mapping[str, str]
    labels: Mapping[str, str]
    at: int
    scope: str = "swarm"
    """`local` for what concerns one host only."""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.attributes.get("name", "")


def event_body(event: Event) -> Object:
    """As `GET /events` writes it."""
    body = {
        "Type": event.kind,
        "Action": event.action,
        "Actor": {"ID": event.id, "Attributes": dict(event.attributes)},
        "scope": event.scope,
        "time": event.at // SECOND,
        "timeNano": event.at,
    }
    if event.kind == CONTAINER:  # as clients knew these before there were others
        body |= {"status": event.action, "id": event.id, "from": event.attributes["image"]}
    return body


def container_event(happened: ContainerEvent, now: int) -> Event:
    """`now` is the time by its host's wall clock."""
    container = happened.container
    attributes = {**container.labels, "image": container.spec.image, "name": container.name, **happened.details}
    return Event(CONTAINER, happened.action.value, container.id, attributes, container.labels, now, "local")


def event_of(change: Changed, now: int) -> Event | None:
    """`now` is the time by the wall clock of who tells it; None for what is no event: tasks, and the cluster."""
    describe = _DESCRIBE.get(change.kind)
    if describe is None:
        return None
    old, new = change.old, change.new
    if new is None:
        return Event(change.kind.value, "remove", change.id, describe(old, None), old.spec.labels, now)
    if old is None:
        return Event(change.kind.value, "create", change.id, describe(new, None), new.spec.labels, new.created_at)
    return Event(change.kind.value, "update", change.id, describe(new, old), new.spec.labels, new.updated_at)


def _node(node: Node, before: Node | None) -> Mapping[str, str]:
    attributes = {"name": node.description.hostname}
    if before is not None:
        attributes |= _differences(
            ("availability", before.spec.availability.value, node.spec.availability.value),
            ("role", before.spec.role.value, node.spec.role.value),
            ("state", _state(before.status.state), _state(node.status.state)),
            ("reachability", _reachability(before), _reachability(node)),
        )
    return attributes


def _state(state: NodeState) -> str:
    return state.name.lower()


def _reachability(node: Node) -> str:
    return node.manager.reachability.value if node.manager is not None else ""


def _service(service: Service, before: Service | None) -> Mapping[str, str]:
    attributes = {"name": service.spec.name}
    if before is not None:
        attributes |= _differences(
            ("image", before.spec.task.container.image, service.spec.task.container.image),
            ("replicas", _replicas(before), _replicas(service)),
            ("updatestate", _update_state(before), _update_state(service)),
        )
    return attributes


def _replicas(service: Service) -> str:
    mode = service.spec.mode
    return str(mode.replicas) if isinstance(mode, Replicated) else ""


def _update_state(service: Service) -> str:
    return service.update_status.state.value if service.update_status is not None else ""


def _named(stored: Any, before: Any) -> Mapping[str, str]:
    return {"name": stored.spec.name}


def _differences(*compared: tuple[str, str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, old, new in compared:
        if old != new:
            found |= {f"{name}.{when}": text for when, text in (("old", old), ("new", new)) if text}
    return found


_DESCRIBE: Final[dict[Kind, Callable[[Any, Any], Mapping[str, str]]]] = {
    Kind.NODE: _node,
    Kind.SERVICE: _service,
    Kind.NETWORK: _named,
    Kind.SECRET: _named,
    Kind.CONFIG: _named,
}
