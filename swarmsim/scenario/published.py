"""Ports that deployed services publish, and whether anything would answer there."""

from collections.abc import Sequence

from msgspec import Struct

from core.compose.stack import Stack
from core.document import Value
from core.objects.port import PortConfig
from sim.images import untagged
from swarmsim.scenario.plan import ImagePlan


class Published(Struct, frozen=True, gc=False):
    """One published port, and the image of the containers behind it."""

    port: PortConfig
    image: str


def published_by(stacks: Sequence[Stack]) -> dict[str, list[Published]]:
    """What each service publishes, by full name; a service deployed twice has the ports of both files."""
    published: dict[str, list[Published]] = {}
    for service in (service for stack in stacks for service in stack.services):
        image = service.spec.task.container.image
        published.setdefault(service.spec.name, []).extend(
            Published(port, image) for port in service.spec.endpoint.ports
        )
    return published


def check_listener(
    value: Value, traffic: str, service: str, reached: Sequence[Published], images: Sequence[ImagePlan]
) -> None:
    """Refuse traffic all of which would fail, because no image in `reached` listens on the port behind."""
    listening = {image.image: image.port for image in images}
    found = [_port_of(each.image, listening) for each in reached]
    if any(port == each.port.target_port for port, each in zip(found, reached, strict=True)):
        return
    image, target = reached[0].image, reached[0].port.target_port
    where = "nowhere" if found[0] is None else f"on port {found[0]}"
    value.fail(
        f"traffic {traffic!r} would all fail: service {service!r} sends it to port {target} of image {image!r}, "
        f"which listens {where}; give images: '{image}': {{port: {target}}}"
    )


def check_called_ports(section: Value, images: Sequence[ImagePlan], stacks: Sequence[Stack]) -> None:
    """Refuse calls all of which would fail, because no image that is called so listens on that port."""
    listening = {image.image: image.port for image in images}
    called: dict[str, list[str]] = {}
    for service in (service for stack in stacks for service in stack.services):
        aliases = [alias for network in service.networks for alias in network.aliases]
        for name in {service.spec.name: None, **dict.fromkeys(aliases)}:
            called.setdefault(name, []).append(service.spec.task.container.image)
    for image in images:
        if not image.calls:
            continue
        written = section.mapping()[image.image].mapping()["calls"].items()
        for item, call in zip(written, image.calls, strict=True):
            ports = {_port_of(name, listening): name for name in called.get(call.name.removeprefix("tasks."), ())}
            if call.port is not None and ports and call.port not in ports:
                port, name = next(iter(ports.items()))
                where = "nowhere" if port is None else f"on port {port}"
                item.fail(f"{call.name!r} runs image {name!r}, which listens {where}")


def _port_of(image: str, listening: dict[str, int | None]) -> int | None:
    # As the simulator's registries look an image up: by digest, by tag, by name alone.
    for name in (image, image.partition("@")[0], untagged(image)):
        if name in listening:
            return listening[name]
    return None
