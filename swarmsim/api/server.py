"""HTTP: from the table of routes to an application that one host's endpoints serve."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from aiohttp import web

from core.mistakes import DocumentError
from swarmsim.api.call import Call, Json
from swarmsim.api.errors import ApiError, engine_refusal
from swarmsim.api.host import ApiHost
from swarmsim.api.openapi import PATH, document
from swarmsim.api.route import Route
from swarmsim.api.routes import ROUTES
from swarmsim.api.versions import NEWEST, parse_version, text_of
from swarmsim.containers import EngineError
from swarmsim.product import SERVER

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
"""More than the largest config in base64 takes."""

_LOG: Final = logging.getLogger(__name__)
_ENCODE: Final = msgspec.json.Encoder().encode
_PATTERNS: Final = {"name": ".+", "container": "/?[^{}/]+"}
_HandleRequest = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(host: ApiHost, routes: tuple[Route, ...] = ROUTES) -> web.Application:
    """What answers for this host, with or without a version before the path."""
    app = web.Application(middlewares=[_errors], client_max_size=MAX_BODY_BYTES)
    app.on_cleanup.append(host.close)
    app.on_response_prepare.append(_add_headers)
    for route in routes:
        handle = _handler(host, route)
        path = _with_patterns(route.path)
        app.router.add_route(route.method, "/v{version:[0-9][^/]*}" + path, handle)
        app.router.add_route(route.method, path, handle)
    app.router.add_get(PATH, _handler(host, Route("GET", PATH, _openapi, "This document.")))
    return app


def _with_patterns(path: str) -> str:
    """What its variable parts may be: names of images have slashes in them, those of containers may have one before."""
    for part, pattern in _PATTERNS.items():
        path = path.replace(f"{{{part}}}", f"{{{part}:{pattern}}}")
    return path


async def _openapi(call: Call) -> Json:
    return document()


def _handler(host: ApiHost, route: Route) -> _HandleRequest:
    async def handle(request: web.Request) -> web.StreamResponse:
        await host.awake()
        version = request.match_info.get("version")
        call = Call(host, request, NEWEST if version is None else parse_version(version))
        answer = await route.handler(call)
        if isinstance(answer, web.StreamResponse):
            return answer
        return _json(route.success, answer)

    return handle


def _json(status: int, answer: Any) -> web.Response:
    if answer is None:
        return web.Response(status=status)
    return web.Response(status=status, body=_ENCODE(answer) + b"\n", content_type="application/json")


@web.middleware
async def _errors(request: web.Request, handler: _HandleRequest) -> web.StreamResponse:
    """Every refusal is `{"message": …}`."""
    try:
        return await handler(request)
    except ApiError as error:
        return _json(error.status, {"message": error.message})
    except EngineError as error:
        told = engine_refusal(error)
        return _json(told.status, {"message": told.message})
    except DocumentError as error:
        return _json(400, {"message": str(error)})
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return _json(404, {"message": f"page not found: there is no {request.method} {request.path} here"})
    except web.HTTPException:
        raise
    except Exception:
        _LOG.exception("%s %s", request.method, request.path)
        return _json(500, {"message": f"{request.method} {request.path} failed by a mistake of ours: see the log"})


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Api-Version"] = text_of(NEWEST)
    response.headers["Docker-Experimental"] = "false"
    response.headers["Ostype"] = "linux"
    response.headers["Server"] = SERVER
