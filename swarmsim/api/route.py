"""What a route is: a method and a path with who handles it, and what its documentation says of it."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from swarmsim.api.call import Call

Handler = Callable[[Call], Awaitable[Any]]
"""Returns what is to be sent as JSON; None for an empty body, or a response of its own (a stream)."""


class Parameter(Struct, frozen=True):
    """A parameter of the query: `kind` is JSON Schema's `string`, `integer` or `boolean`."""

    name: str
    kind: str
    summary: str
    required: bool = False


FILTERS = Parameter("filters", "string", "What to narrow the list to, as JSON: a map of keys to sets of values.")
VERSION = Parameter("version", "integer", "The object's version that was last read.", required=True)
FORCE = Parameter("force", "boolean", "Do it although it is not safe.")


class Route(Struct, frozen=True):
    """`path` has its variable parts in braces, as in `/nodes/{id}`."""

    method: str
    path: str
    handler: Handler
    summary: str
    query: tuple[Parameter, ...] = ()
    body: str = ""
    """The name of the shape of the body; empty where there is none."""
    answer: str = ""
    """The name of the shape of a good answer; empty for an empty body."""
    success: int = 200
    errors: tuple[int, ...] = ()
    """Statuses of refusals that are part of the contract, beside 400 for malformed requests and 500."""
