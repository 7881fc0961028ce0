"""The images of a stack that is to be deployed: pinned by their digests, as `--resolve-image` says."""

from collections.abc import Callable
from enum import Enum

from msgspec.structs import replace

from core.compose.stack import IMAGE_LABEL, Stack, StackService
from swarmsim.cli.docker.client import Daemon, Json
from swarmsim.cli.docker.images import with_tag
from swarmsim.cli.docker.registry import Pinned, pinned


class Resolve(Enum):
    """When a registry is asked. Where it is not, a service of which the file names the same image keeps what it has."""

    ALWAYS = "always"
    CHANGED = "changed"
    NEVER = "never"


def with_images(daemon: Daemon, stack: Stack, resolve: Resolve) -> Stack:
    """The stack with the images that its services are to have."""
    running = {each["Spec"]["Name"]: each["Spec"] for each in daemon.get("/services")} if stack.services else {}
    known: dict[str, Pinned] = {}

    def ask(image: str) -> Pinned:
        if image not in known:
            known[image] = pinned(daemon, image)
        return known[image]

    return replace(
        stack, services=tuple(_settled(each, running.get(each.spec.name), resolve, ask) for each in stack.services)
    )


def _settled(service: StackService, running: Json, resolve: Resolve, ask: Callable[[str], Pinned]) -> StackService:
    task = service.spec.task
    image = with_tag(task.container.image)
    written = service.spec.labels.get(IMAGE_LABEL, image)
    unchanged = running is not None and (running.get("Labels") or {}).get(IMAGE_LABEL) == written
    found = Pinned(image)
    if resolve is Resolve.ALWAYS or (resolve is Resolve.CHANGED and not unchanged):
        found = ask(image)
    elif unchanged:
        found = Pinned(running["TaskTemplate"]["ContainerSpec"]["Image"])
    placed = replace(task.placement, platforms=found.platforms or task.placement.platforms)
    task = replace(task, container=replace(task.container, image=found.image), placement=placed)
    return replace(service, spec=replace(service.spec, task=task))
