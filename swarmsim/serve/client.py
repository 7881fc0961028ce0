"""Speaks to the socket of a cluster that is being served, from another process."""

import socket
from collections.abc import Generator
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from swarmsim.serve.place import CONTROL

AnswerT = TypeVar("AnswerT")
_OK: Final = 200


class NotServedError(Exception):
    """Nobody serves a cluster there."""


class RefusalError(Exception):
    """The server cannot do what it was asked: its own words."""


class _Connection(HTTPConnection):
    def __init__(self, path: Path, patience_s: float | None) -> None:
        super().__init__("cluster", timeout=patience_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class ControlClient:
    """Of the cluster that is served from a directory; who does not answer for so long is taken to be gone."""

    def __init__(self, directory: Path, patience_s: float | None = None) -> None:
        self._patience_s = patience_s
        self._path = directory.absolute() / CONTROL

    def ask(self, method: str, path: str, of: type[AnswerT], body: Any = None) -> AnswerT:
        """The answer to one request. Raises NotServedError, RefusalError."""
        connection, response = self._request(method, path, body)
        try:
            return msgspec.json.decode(response.read(), type=of)
        except (OSError, HTTPException) as error:
            raise self._gone() from error
        finally:
            connection.close()

    def follow(self, path: str, of: type[AnswerT]) -> Generator[AnswerT, None, None]:
        """The lines of an answer that goes on until the server or the caller ends it. Raises as `ask`, at first."""
        connection, response = self._request("GET", path, None)
        try:
            while line := _line_of(response):
                yield msgspec.json.decode(line, type=of)
        finally:
            connection.close()

    def _request(self, method: str, path: str, body: Any) -> tuple[_Connection, HTTPResponse]:
        connection = _Connection(self._path, self._patience_s)
        try:
            connection.request(method, path, None if body is None else msgspec.json.encode(body))
            response = connection.getresponse()
            if response.status != _OK:
                raise RefusalError(_message_of(response.read()))
        except (OSError, HTTPException) as error:
            connection.close()
            raise self._gone() from error
        except BaseException:
            connection.close()
            raise
        return connection, response

    def _gone(self) -> NotServedError:
        return NotServedError(
            f"no cluster is served from {self._path.parent}; start one with 'swarmsim serve', "
            "or name its directory with --socket-dir"
        )


def _line_of(response: HTTPResponse) -> bytes:
    """Empty once there is no more: a server that ends breaks off wherever it is."""
    try:
        line = response.readline()
    except (OSError, HTTPException):
        return b""
    return line if line.endswith(b"\n") else b""


def _message_of(body: bytes) -> str:
    try:
        return str(msgspec.json.decode(body, type=dict[str, str])["message"])
    except (msgspec.DecodeError, KeyError):
        return body.decode(errors="replace").strip()
