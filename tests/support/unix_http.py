"""HTTP over a Unix socket, one request per connection."""

import http.client
import socket
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

PATIENCE_S = 60.0


class HttpAnswer(Struct, frozen=True):
    """Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class UnixHttp:
    """Whoever listens at a socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, method: str, target: str, body: bytes | None = None, kind: str = "application/json") -> HttpAnswer:
        """The answer, read to its end. `target` is path and query. Raises OSError if nobody answers."""
        connection = _Connection(self._path)
        try:
            connection.request(method, target, body, {} if body is None else {"Content-Type": kind})
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return HttpAnswer(response.status, headers, response.read())
        finally:
            connection.close()


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
