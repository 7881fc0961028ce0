"""`/containers`: what runs on one host, and what has run there."""

from typing import Final

from swarmsim.api.call import Call, Json
from swarmsim.api.engine.container_bodies import inspect_body, list_body
from swarmsim.api.engine.container_filters import FILTERS as CONTAINER_FILTERS
from swarmsim.api.engine.container_filters import found, narrowed
from swarmsim.api.route import FILTERS, Parameter, Route


async def list_containers(call: Call) -> Json:
    """Those that run, or all; the newest first."""
    filters = call.filters(*CONTAINER_FILTERS)
    engine = await call.host.engine()
    limit = 0 if call.text("limit").startswith("-") else call.number("limit", 0)
    shows_all = call.flag("all") or limit or any(filters.of(key) for key in ("status", "before", "since", "exited"))

    def image_id(reference: str) -> str:
        image = engine.image(reference)
        return image.id if image is not None else reference

    containers = narrowed(engine.containers(), filters, image_id)
    shown = [each for each in reversed(containers) if shows_all or each.state.running]
    now = call.host.world.wall_ns(call.host.name)
    return [list_body(each, now) for each in (shown[:limit] if limit else shown)]


async def inspect_container(call: Call) -> Json:
    """One of them."""
    container = found(await call.host.engine(), call.path("container"))
    return inspect_body(container, call.host.execs.of(container.id))


ROUTES: Final = (
    Route(
        "GET",
        "/containers/json",
        list_containers,
        "The containers of this host.",
        query=(
            FILTERS,
            Parameter("all", "boolean", "Also those that do not run."),
            Parameter("limit", "integer", "At most so many, the newest, whether or not they run."),
            Parameter("size", "boolean", "Whether to tell how much they have written; nothing is, here."),
        ),
        answer="ContainerSummary[]",
    ),
    Route(
        "GET",
        "/containers/{container}/json",
        inspect_container,
        "One container.",
        query=(Parameter("size", "boolean", "Likewise."),),
        answer="Container",
        errors=(404,),
    ),
)
