"""The OpenAPI document of what is served, made from the table of routes and the shapes of bodies and answers."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from core.codec.docker.schemas import named
from core.json_schema import Schema, listed
from swarmsim.api.call import Json
from swarmsim.api.route import Parameter, Route
from swarmsim.api.routes import ROUTES
from swarmsim.api.shapes import SHAPES
from swarmsim.api.streams.multiplex import MULTIPLEXED, RAW
from swarmsim.api.versions import NEWEST, OLDEST, text_of

PATH: Final = "/openapi.json"
"""Where it is served."""
_IN_PATH: Final = re.compile(r"\{(\w+)\}")
NOTHING_TO_DO: Final = 304
"""No refusal, and no answer."""
_ANY_ROUTE: Final = (400, 500)
_BODIES: Final = (408, 413)
_ABOUT: Final = (
    f"Versions {text_of(OLDEST)} to {text_of(NEWEST)} of the Docker Engine API, as far as they have to do with swarms. "
    "Names in bodies are read in any case, null as nothing, unknown names are passed over."
)


def document(routes: tuple[Route, ...] = ROUTES) -> Json:
    """As it is to be sent."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "swarmsim", "version": text_of(NEWEST), "description": _ABOUT},
        "servers": [{"url": f"/v{text_of(NEWEST)}"}, {"url": "/"}],
        "paths": paths,
        "components": {"schemas": SHAPES},
    }


def statuses(route: Route) -> tuple[int, ...]:
    """All that it may answer with."""
    refusals = {*_ANY_ROUTE, *route.errors, *(_BODIES if route.body else ())}
    return (route.success, *sorted(refusals))


def answer_schema(route: Route) -> Schema | None:
    """The schema of a good answer; None if it is empty."""
    if not route.answer:
        return None
    name = route.answer.removesuffix("[]").removesuffix(" stream")
    return listed(named(name)) if route.answer.endswith("[]") else named(name)


def _operation(route: Route) -> Json:
    operation = {
        "operationId": "".join(map(str.capitalize, re.findall(r"\w+", f"{route.method.lower()} {route.path}"))),
        "summary": route.summary,
        "tags": [route.path.split("/")[1]],
        "parameters": [*_path_parameters(route), *map(_query_parameter, route.query)],
        "responses": {str(status): _response(route, status) for status in statuses(route)},
    }
    if route.body:
        operation["requestBody"] = {"required": True, "content": _json(named(route.body))}
    return operation


def _path_parameters(route: Route) -> Iterator[Json]:
    for name in _IN_PATH.findall(route.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query_parameter(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.summary,
        "required": parameter.required,
        "schema": {"type": parameter.kind} | ({"minimum": 0} if parameter.kind == "integer" else {}),
    }


def _response(route: Route, status: int) -> Json:
    if status == NOTHING_TO_DO:
        return {"description": "It is so already."}
    if status != route.success:
        return {"description": HTTPStatus(status).phrase, "content": _json(named("ErrorResponse"))}
    schema = answer_schema(route)
    if schema is None:
        return {"description": "Done."}
    if route.answer == "Text":
        return {"description": "A word.", "content": {"text/plain": {"schema": schema}}}
    if route.answer == "Output":
        kinds = {kind: {"schema": schema} for kind in (RAW, MULTIPLEXED)}
        return {"description": "What is written, as it comes.", "content": kinds}
    each = " One after another, each on a line." if route.answer.endswith(" stream") else ""
    return {"description": f"What was asked for.{each}", "content": _json(schema)}


def _json(schema: Schema) -> Json:
    return {"application/json": {"schema": schema}}
