"""`/images`: what has been pulled to one host, and pulling."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Final

import msgspec
from aiohttp import web

from core.codec.docker.kinds import Object
from core.codec.docker.times import rfc3339
from core.timing import SECOND
from swarmsim.api.call import Call, Json
from swarmsim.api.engine.platforms import ARCHITECTURE, OS, is_ours
from swarmsim.api.errors import ApiError, not_found, unsupported
from swarmsim.api.filters import Filters
from swarmsim.api.route import FILTERS, FORCE, Parameter, Route
from swarmsim.containers import ContainerEngine, EngineError, EngineImage

_FILTERS: Final = ("before", "dangling", "label", "reference", "since", "until")
_ENCODE: Final = msgspec.json.Encoder().encode


def summaries(engine: ContainerEngine, passes: Callable[[EngineImage], bool] = lambda image: True) -> list[Object]:
    """Of those that are there, and that pass."""
    used = [container.image_id for container in engine.containers()]
    return [
        {
            "Id": image.id,
            "ParentId": "",
            "RepoTags": [image.reference],
            "RepoDigests": [_with_digest(image)],
            "Created": image.created_at // SECOND,
            "Size": image.size_bytes,
            "SharedSize": -1,
            "Labels": None,
            "Containers": used.count(image.id),
        }
        for image in engine.images()
        if passes(image)
    ]


async def list_images(call: Call) -> Json:
    """Those that are there."""
    filters = call.filters(*_FILTERS)
    return summaries(await call.host.engine(), lambda image: _passes(filters, image))


async def inspect_image(call: Call) -> Json:
    """One of them."""
    image = _named(await call.host.engine(), call.path("name"))
    ports: Object = {f"{port}/tcp": {} for port in image.ports}
    return {
        "Id": image.id,
        "RepoTags": [image.reference],
        "RepoDigests": [_with_digest(image)],
        "Parent": "",
        "Comment": "",
        "Created": rfc3339(image.created_at),
        "DockerVersion": "",
        "Author": "",
        "Config": {
            "Entrypoint": list(image.entrypoint) or None,
            "Cmd": list(image.command) or None,
            "Env": None,
            "Labels": None,
            **({"ExposedPorts": ports} if ports else {}),
        },
        "Architecture": ARCHITECTURE,
        "Os": OS,
        "Size": image.size_bytes,
        "GraphDriver": {"Name": "simulated", "Data": None},
        "RootFS": {"Type": "layers", "Layers": []},
        "Metadata": {"LastTagTime": rfc3339(image.created_at)},
    }


async def pull_image(call: Call) -> web.StreamResponse:
    """Progress is told line by line; what goes wrong once that has begun is told in the last one."""
    name, tag = call.text("fromImage"), call.text("tag")
    if not name:
        raise unsupported("images are pulled here, and neither imported nor built")
    if not is_ours(call.text("platform")):
        raise not_found(f"no matching manifest for {call.text('platform')} in the manifest list entries")
    reference = f"{name}{'@' if ':' in tag else ':'}{tag}" if tag else name
    host, engine = call.host, await call.host.engine()
    known = {image.reference for image in engine.images()}
    with host.pace.awaited():
        engine.remote(reference)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(call.request)
        await _tell(response, {"status": f"Pulling from {_path(name)}", "id": tag or "latest"})
        try:
            image = await host.order(engine.pull, reference)
        except EngineError as error:  # the answer has begun: its last line has the words
            await _tell(response, {"errorDetail": {"message": str(error)}, "error": str(error)})
            return response
        await _tell(response, {"status": f"Digest: {image.digest}"})
        what = "Image is up to date" if image.reference in known else "Downloaded newer image"
        await _tell(response, {"status": f"Status: {what} for {image.reference}"})
    return response


async def _tell(response: web.StreamResponse, progress: Object) -> None:
    await response.write(_ENCODE(progress) + b"\r\n")


def _path(name: str) -> str:
    """As a registry knows it: `alpine` is `library/alpine`."""
    path = name.removeprefix("docker.io/")
    return path if "/" in path else f"library/{path}"


async def remove_image(call: Call) -> Json:
    """Unless a container is made of it; by force, unless one runs."""
    engine = await call.host.engine()
    image = _named(engine, call.path("name"))
    for container in engine.containers():
        if container.image_id == image.id and (container.state.running or not call.flag("force")):
            must = "cannot be forced" if container.state.running else "must be forced"
            raise ApiError(
                409,
                f"conflict: unable to remove repository reference {image.reference!r} ({must}) - container "
                f"{container.id[:12]} is using its referenced image {image.id[7:19]}",
            )
    engine.remove_image(image.reference)
    return _removed(image)


async def prune_images(call: Call) -> Json:
    """Remove what no container is made of; without `dangling=false` there is nothing to do, as all have names."""
    filters = call.filters("dangling", "label", "until")
    if filters.of("until"):
        raise unsupported("filter until: simulated images have no age")
    engine = await call.host.engine()
    used = {container.image_id for container in engine.containers()}
    removed: list[Object] = []
    if any(each in ("false", "0") for each in filters.of("dangling")):
        for image in engine.images():
            if image.id not in used and not filters.of("label"):
                engine.remove_image(image.reference)
                removed += _removed(image)
    return {"ImagesDeleted": removed or None, "SpaceReclaimed": 0}


async def distribution(call: Call) -> Json:
    """What a registry says of an image: the digest by which services are pinned to it."""
    remote = (await call.host.engine()).remote(call.path("name"))
    return {
        "Descriptor": {
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "digest": remote.digest,
            "size": remote.size_bytes,
        },
        "Platforms": [{"architecture": ARCHITECTURE, "os": OS}],
    }


def _named(engine: ContainerEngine, reference: str) -> EngineImage:
    image = engine.image(reference)
    if image is None:
        raise not_found(f"No such image: {reference}")
    return image


def _with_digest(image: EngineImage) -> str:
    return f"{image.reference.rpartition(':')[0]}@{image.digest}"


def _removed(image: EngineImage) -> list[Object]:
    return [{"Untagged": image.reference}, {"Untagged": _with_digest(image)}, {"Deleted": image.id}]


def _passes(filters: Filters, image: EngineImage) -> bool:
    if any(filters.of(key) for key in ("before", "since", "until")):
        raise unsupported("filters before, since, until: simulated images have no age")
    dangling = filters.of("dangling")
    return (
        not filters.of("label")
        and (not dangling or any(each in ("false", "0") for each in dangling))
        and _is_called(image.reference, filters.of("reference"))
    )


def _is_called(reference: str, patterns: Sequence[str]) -> bool:
    """Whether its name, with or without its tag, is as one of the patterns has it, if there are any."""
    name = reference.rpartition(":")[0]
    return not patterns or any(fnmatchcase(text, wanted) for wanted in patterns for text in (name, reference))


ROUTES: Final = (
    Route("GET", "/images/json", list_images, "The images of this host.", query=(FILTERS,), answer="ImageSummary[]"),
    Route(
        "POST",
        "/images/create",
        pull_image,
        "Pull an image.",
        query=(
            Parameter("fromImage", "string", "Its name.", required=True),
            Parameter("tag", "string", "Its tag or digest."),
            Parameter("platform", "string", "What it is to run on, as `os/architecture`."),
        ),
        answer="Progress stream",
        errors=(404, 501),
    ),
    Route(
        "POST",
        "/images/prune",
        prune_images,
        "Remove the images that no container is made of.",
        query=(FILTERS,),
        answer="ImagesPruned",
        errors=(501,),
    ),
    Route("GET", "/images/{name}/json", inspect_image, "One image.", answer="Image", errors=(404,)),
    Route(
        "DELETE",
        "/images/{name}",
        remove_image,
        "Remove an image.",
        query=(FORCE,),
        answer="ImageDeleted[]",
        errors=(404, 409),
    ),
    Route(
        "GET",
        "/distribution/{name}/json",
        distribution,
        "What a registry says of an image.",
        answer="Distribution",
        errors=(404,),
    ),
)
