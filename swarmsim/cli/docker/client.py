"""A daemon that speaks the Docker Engine API, asked over the Docker SDK's connection, by path."""

import json
import socket
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from docker import APIClient
    from requests import Response

Json = Any
"""Whatever JSON can say."""
Filters = Mapping[str, Iterable[str]]
"""What a list is narrowed to: for each key, the values that may be."""

PATIENCE_S: Final = 120
"""How long a daemon may say nothing: joining a swarm takes a while."""
_NOT_BY_THIS_ONE: Final = 503
"""What HTTP says where another host might have done it, such as a manager."""
_UNIX: Final = "unix://"
_ADVICE: Final = "Start a cluster with `swarmsim serve`, or name another daemon with -H or DOCKER_HOST."


class DaemonError(Exception):
    """What was asked was not done; the text is for whoever asked."""

    status = 0
    """What HTTP says of it; 0: the daemon was not reached, or not even asked."""


class Refused(DaemonError):
    """The daemon refused; `chosen` is the host, if nobody had named it."""

    def __init__(self, status: int, message: str, chosen: str = "") -> None:
        where = f"\n{chosen} was asked, since no host was named: -H or DOCKER_HOST name one." if chosen else ""
        super().__init__(f"Error response from daemon: {message}{where if status == _NOT_BY_THIS_ONE else ''}")
        self.status = status
        self.message = message


class Daemon:
    """To be closed. Raises DaemonError for whatever does not come to a good end.

    `chosen` is the name of a host that nobody named.
    """

    def __init__(self, host: str, chosen: str = "") -> None:
        self._host = host
        self._chosen = chosen
        self._api = _connected(host)

    def close(self) -> None:
        """Let go of the connection."""
        self._api.close()

    def get(self, path: str, **query: Json) -> Json:
        """What there is at a path. Of the query, `filters` go as `Filters`, and what is None does not go."""
        return _content(self._ask("GET", path, query))

    def post(self, path: str, body: Json = None, **query: Json) -> Json:
        """Have something done."""
        return _content(self._ask("POST", path, query, body))

    def delete(self, path: str, **query: Json) -> None:
        """Have something removed."""
        self._ask("DELETE", path, query)

    def stream(self, path: str, **query: Json) -> Iterator[bytes]:
        """The body of an answer in pieces as they come."""
        response = self._ask("GET", path, query, stream=True)
        try:
            yield from response.iter_content(None)
        except OSError as error:
            raise DaemonError(f"the daemon broke off: {error}") from error
        finally:
            response.close()

    def _ask(
        self, method: str, path: str, query: Mapping[str, Json], body: Json = None, *, stream: bool = False
    ) -> "Response":
        try:
            response: Response = self._api.request(
                method,
                f"{self._api.base_url}/v{self._api.api_version}{path}",
                params={name: _written(value) for name, value in query.items() if value is not None},
                json=body,
                timeout=PATIENCE_S,
                stream=stream,
            )
        except OSError as error:  # as all that requests raises
            raise _unreached(self._host) from error
        if not response.ok:
            raise Refused(response.status_code, _message(response), self._chosen)
        return response


def is_answered(path: str) -> bool:
    """Whether anybody takes connections at a Unix socket."""
    with socket.socket(socket.AF_UNIX) as tried:
        return tried.connect_ex(path) == 0


def _connected(host: str) -> "APIClient":
    if host.startswith(_UNIX) and not is_answered(host.removeprefix(_UNIX)):  # the SDK would leave a socket open
        raise _unreached(host)
    # Here, since it takes a while to load, which most commands of `swarmsim` can do without.
    from docker import APIClient
    from docker.errors import DockerException
    from docker.utils import kwargs_from_env

    try:
        tls: Json = kwargs_from_env().get("tls", False)
        return APIClient(base_url=host, version="auto", timeout=PATIENCE_S, tls=tls)
    except DockerException as error:
        raise _unreached(host) from error


def _unreached(host: str) -> DaemonError:
    return DaemonError(f"Cannot connect to the Docker daemon at {host}. Is it running? {_ADVICE}")


def none_found() -> DaemonError:
    """Nobody said which daemon to ask."""
    return DaemonError(f"There is no daemon to ask. {_ADVICE}")


def _written(value: Json) -> str:
    if isinstance(value, Mapping):
        return json.dumps({key: dict.fromkeys(values, True) for key, values in value.items()})
    return str(value).lower() if isinstance(value, bool) else str(value)


def _content(response: "Response") -> Json:
    return response.json() if response.content else None


def _message(response: "Response") -> str:
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return response.text.strip() or response.reason
