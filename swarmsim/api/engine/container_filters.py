"""What lists of containers are narrowed to, and how one is found by what a client calls it."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from swarmsim.api.engine.container_bodies import networks_of
from swarmsim.api.errors import bad_request, not_found
from swarmsim.api.filters import Filters
from swarmsim.containers import ContainerEngine, EngineContainer, Health, Status

FILTERS: Final = (
    "ancestor", "before", "exited", "health", "id", "is-task", "label", "name", "network", "publish", "since", "status",
)  # fmt: skip
_STATUSES: Final = ("created", "running", "paused", "restarting", "removing", "exited", "dead")
_PUBLISHED: Final = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?(?:/(tcp|udp|sctp))?")


def found(engine: ContainerEngine, reference: str) -> EngineContainer:
    """One container by whole id, name, or beginning of an id that no other has; ApiError if there is none such."""
    return named(engine.containers(), reference)


def named(containers: Sequence[EngineContainer], reference: str) -> EngineContainer:
    """Likewise, among these."""
    name = reference.removeprefix("/")
    tests: tuple[Callable[[EngineContainer], bool], ...] = (
        lambda each: each.id == reference,
        lambda each: each.name == name,
        lambda each: bool(reference) and each.id.startswith(reference),
    )
    for test in tests:
        several = [each for each in containers if test(each)]
        if len(several) > 1:
            raise bad_request(f"multiple IDs found with provided prefix: {reference}")
        if several:
            return several[0]
    raise not_found(f"No such container: {reference}")


def narrowed(
    containers: Sequence[EngineContainer], filters: Filters, image_id: Callable[[str], str]
) -> list[EngineContainer]:
    """Those that the filters let through; `image_id` is told what clients call images. Raises ApiError."""
    _check(filters)
    ancestors = {image_id(each) for each in filters.of("ancestor")}
    before = [containers.index(named(containers, each)) for each in filters.of("before")]
    since = [containers.index(named(containers, each)) for each in filters.of("since")]
    return [
        each
        for at, each in enumerate(containers)
        if _passes(filters, each)
        and (not ancestors or each.image_id in ancestors)
        and all(at < limit for limit in before)
        and all(at > limit for limit in since)
    ]


def _check(filters: Filters) -> None:
    for status in filters.of("status"):
        if status not in _STATUSES:
            raise bad_request(f"invalid filter 'status={status}': use one of {', '.join(_STATUSES)}")
    for code in filters.of("exited"):
        if not code.lstrip("-").isdecimal():
            raise bad_request(f"invalid filter 'exited={code}': give an exit code")
    for health in filters.of("health"):
        if health not in [each.value for each in Health]:
            raise bad_request(f"invalid filter 'health={health}'")
    for text in filters.of("publish"):
        if not _PUBLISHED.fullmatch(text):
            raise bad_request(f"invalid filter 'publish={text}': write it like 8080, 8080-8090 or 53/udp")


def _passes(filters: Filters, container: EngineContainer) -> bool:
    state, is_task = container.state, container.task_id is not None
    networks = networks_of(container)
    return (
        filters.prefix("id", container.id)
        and _matches(filters.of("name"), container.name)
        and filters.labels("label", container.labels)
        and filters.one_of("status", (state.status.value,))
        and filters.one_of("health", (state.health.value,))
        and filters.one_of("is-task", ("true", "1") if is_task else ("false", "0"))
        and filters.one_of("network", (*networks, *(body["NetworkID"] for body in networks.values())))
        and (not filters.of("exited") or (_ended(container) and filters.one_of("exited", (str(state.exit_code),))))
        and (not filters.of("publish") or any(_publishes(container, text) for text in filters.of("publish")))
    )


def _ended(container: EngineContainer) -> bool:
    return container.state.status is Status.EXITED


def _matches(patterns: Iterable[str], name: str) -> bool:
    """Whether any of the regular expressions is found in the name, with or without the slash that Docker writes."""
    patterns = tuple(patterns)
    return not patterns or any(_found(pattern, name) or _found(pattern, f"/{name}") for pattern in patterns)


def _found(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        raise bad_request(f"invalid filter 'name={pattern}': it is no regular expression") from None


def _publishes(container: EngineContainer, text: str) -> bool:
    match = _PUBLISHED.fullmatch(text)
    assert match is not None, "checked before"
    first, last, protocol = int(match[1]), int(match[2] or match[1]), match[3] or "tcp"
    return any(port.protocol.value == protocol and first <= port.published_port <= last for port in container.ports)
