"""What is asked of an engine, as data: a script is a list of requests, sent in this order to whoever is compared.

`{name}` in a path, a query or a body stands for what an earlier answer was kept under.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

VERSION = "/v1.41"
"""What both speak: the newest of the genuine engine."""

NOTHING = object()
"""There is no value there, not even null."""


class Ask(Struct, frozen=True):
    """One request, and what of its answer matters."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    """Values that are no texts (filters) are written as JSON by `filters`."""
    body: Any = None
    """Sent as JSON; bytes are sent as they are."""
    kind: str = "application/json"
    """The content type of the body."""
    keep: Mapping[str, str | Callable[[Any], Any]] = {}
    """Name -> pointer into the answer (`/Version/Index`; empty: all of it), or what makes it of the answer."""
    until: Callable[[Any], bool] | None = None
    """Asked again until the answer's JSON is like this."""
    part: str = ""
    """A pointer: all of the answer that is compared."""
    headers: tuple[str, ...] = ()
    """Those that are compared, in lower case."""
    version: str = VERSION
    note: str = ""
    """Tells it from others with this method and path."""

    @property
    def title(self) -> str:
        """How differences name it."""
        version = "" if self.version == VERSION else self.version
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        noted = f" ({self.note})" if self.note else ""
        return f"{self.method} {version}{self.path}{'?' if query else ''}{query}{noted}"


Script = tuple[Ask, ...]


def get(path: str, **more: Any) -> Ask:
    """A reading; see Ask."""
    return Ask("GET", path, **more)


def post(path: str, body: Any = None, **more: Any) -> Ask:
    """A writing; see Ask."""
    return Ask("POST", path, body=body, **more)


def delete(path: str, **more: Any) -> Ask:
    """A removal; see Ask."""
    return Ask("DELETE", path, **more)


def at(body: Any, pointer: str) -> Any:
    """What lies there in a JSON value; NOTHING if nothing does."""
    for step in pointer.split("/")[1:]:
        if isinstance(body, list) and step.isdecimal() and int(step) < len(body):
            body = body[int(step)]
        elif isinstance(body, dict) and step in body:
            body = body[step]
        else:
            return NOTHING
    return body


def has(pointer: str, value: Any) -> Callable[[Any], bool]:
    """For `until`: this lies there."""
    return lambda body: bool(at(body, pointer) == value)


def there_is(pointer: str) -> Callable[[Any], bool]:
    """For `until`: something lies there."""
    return lambda body: at(body, pointer) is not NOTHING


def each(count: int, pointer: str, *values: Any) -> Callable[[Any], bool]:
    """For `until`: the answer is a list of so many, and in each of them one of these lies there."""
    return lambda body: (
        isinstance(body, list) and len(body) == count and all(at(one, pointer) in values for one in body)
    )
