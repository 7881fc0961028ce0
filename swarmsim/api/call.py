"""One request that is being handled: its host, its API version, its parameters and its body, checked for form."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from aiohttp import web

from swarmsim.api.errors import ApiError, bad_request
from swarmsim.api.filters import Filters, parse_filters
from swarmsim.api.host import ApiHost
from swarmsim.api.versions import Version

Json = Any
"""Whatever JSON can say: dictionaries with keys of text, lists, text, numbers, booleans, None."""

BODY_PATIENCE_S: Final = 20.0
"""How long a client may take to send what it has announced."""

_TRUTHS: Final = {
    **dict.fromkeys(("1", "t", "T", "true", "True", "TRUE"), True),
    **dict.fromkeys(("0", "f", "F", "false", "False", "FALSE"), False),
}
_NUMBER: Final = re.compile("[0-9]{1,19}")
_FALSE: Final = ("", "0", "no", "false", "none")


class Call:
    """Handed to each handler."""

    __slots__ = ("host", "request", "version")

    def __init__(self, host: ApiHost, request: web.Request, version: Version) -> None:
        self.host = host
        self.request = request
        self.version = version

    def path(self, name: str) -> str:
        """A part of the path, such as the id in `/nodes/{id}`."""
        return self.request.match_info[name]

    def text(self, name: str, default: str = "") -> str:
        """A parameter as it was written."""
        return self.request.query.get(name, default)

    def texts(self, name: str) -> list[str]:
        """A parameter that may be there several times."""
        return list(self.request.query.getall(name, []))

    def flag(self, name: str, default: bool = False) -> bool:
        """A parameter that is there or not; `0`, `no`, `false`, `none` and nothing mean that it is not."""
        value = self.request.query.get(name)
        return default if value is None else value.strip().lower() not in _FALSE

    def truth(self, name: str) -> bool:
        """A parameter that is true or false, in one of Go's words; ApiError for any other. Left out, it is false."""
        value = self.request.query.get(name) or "false"
        if value not in _TRUTHS:
            raise bad_request(f"invalid {name} {value!r}: say true or false")
        return _TRUTHS[value]

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number that is not negative; without a default it has to be given."""
        value = self.request.query.get(name)
        if value is None and default is not None:
            return default
        if value is None or not _NUMBER.fullmatch(value):
            raise bad_request(f"invalid {name} {value or ''!r}: give a whole number")
        return int(value)

    def filters(self, *allowed: str) -> Filters:
        """What a list is to be narrowed to; ApiError for a filter that is not among those allowed."""
        return parse_filters(self.text("filters"), allowed)

    async def body(self) -> Mapping[str, Json]:
        """The JSON object that was sent; ApiError if it is anything else."""
        data = await self._read()
        if not data:
            raise bad_request("the request has no body: send a JSON object")
        kind = self.request.headers.get("Content-Type", "application/json")
        if kind.partition(";")[0].strip().lower() != "application/json":
            raise bad_request(f"unsupported Content-Type header ({kind}): must be 'application/json'")
        try:
            decoded = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise bad_request(f"invalid JSON: {error}") from None
        if not isinstance(decoded, dict):
            raise bad_request("invalid JSON: an object is expected, such as {}")
        return decoded

    async def _read(self) -> bytes:
        try:
            async with asyncio.timeout(BODY_PATIENCE_S):
                return await self.request.read()
        except TimeoutError:
            raise ApiError(408, f"the body of the request did not come within {BODY_PATIENCE_S:g}s") from None
        except web.HTTPRequestEntityTooLarge as error:
            raise ApiError(413, f"the body of the request is too large: {error.text}") from None
