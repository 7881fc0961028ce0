"""`GET /events`: what changes in the swarm, as this manager learns of it, and what happens to its containers."""

from typing import Final

import msgspec
from aiohttp import web

from core.timing import SECOND
from swarmsim.api.call import Call
from swarmsim.api.events.event import CONTAINER, Event, event_body
from swarmsim.api.events.event_log import Follower
from swarmsim.api.filters import Filters
from swarmsim.api.host import ApiHost
from swarmsim.api.route import FILTERS, Parameter, Route
from swarmsim.api.timestamps import parse_time

_KINDS: Final = ("config", "container", "daemon", "image", "network", "node", "plugin", "secret", "service", "volume")
"""Filters that name an object of a type, by its id or its name."""
_LOOK_NS: Final = 1 * SECOND
"""How long a client that has gone is remembered at most, and a clock that jumps is not noticed."""
_ENCODE: Final = msgspec.json.Encoder().encode


async def events(call: Call) -> web.StreamResponse:
    """Those since an instant that are still known, then all that come, until another instant if one is named."""
    filters = call.filters(*_KINDS, "event", "id", "label", "scope", "type")
    since = parse_time("since", call.text("since"))
    until = parse_time("until", call.text("until"))
    log, host = call.host.events, call.host
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    with host.pace.awaited(), log.followed() as follower:
        await response.prepare(call.request)
        for event in tuple(log.recent) if since is not None else ():
            if since is not None and event.at >= since:
                await _write(response, filters, event, until)
        if until is not None:
            _end_at(host, until, follower)
        while (told := await follower.next()) is not None:
            await _write(response, filters, told, until)
    return response


def _end_at(host: ApiHost, until: int, follower: Follower) -> None:
    """Have it told no more once the host's wall clock shows this: the world's time, which is not the server's."""
    left_ns = until - host.world.wall_ns(host.name)
    if left_ns <= 0:
        follower.end()
    elif follower.listens:
        host.world.call_at(host.world.now_ns + min(left_ns, _LOOK_NS), lambda: _end_at(host, until, follower))


async def _write(response: web.StreamResponse, filters: Filters, event: Event, until: int | None) -> None:
    if _passes(filters, event) and (until is None or event.at <= until):
        await response.write(_ENCODE(event_body(event)) + b"\n")


def _passes(filters: Filters, event: Event) -> bool:
    named = [kind for kind in _KINDS if filters.of(kind)]
    return (
        filters.one_of("type", (event.kind,))
        and filters.one_of("event", (event.action, event.action.partition(":")[0]))
        and filters.one_of("scope", (event.scope,))
        and filters.one_of("id", (event.id,))
        and filters.labels("label", event.labels)
        and (not named or any(_is_about(filters, kind, event) for kind in named))
    )


def _is_about(filters: Filters, kind: str, event: Event) -> bool:
    """Whether it is of the object of this kind that is asked for; what happens to a container is of its image, too."""
    if kind == "image" and event.kind == CONTAINER:
        return filters.prefix(kind, event.attributes["image"])
    return event.kind == kind and filters.prefix(kind, event.id, event.name)


ROUTES: Final = (
    Route(
        "GET",
        "/events",
        events,
        "What changes in the swarm, from now on.",
        query=(
            FILTERS,
            Parameter("since", "string", "Tell what has changed since this instant, too."),
            Parameter("until", "string", "End at this instant."),
        ),
        answer="Event stream",
    ),
)
