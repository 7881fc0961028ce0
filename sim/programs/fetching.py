"""`curl` and `wget`: requests through the swarm's mesh, and what the two say of how they end."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from core.timing import SECOND
from core.trials.clients import Outcome, Why
from sim.programs.commands import is_address
from sim.programs.inside import Inside
from sim.programs.waiting_commands import WaitingCommand, nanoseconds
from sim.programs.waits import Ask, Program
from sim.visits import Visited

PATIENCE_NS: Final = 127 * SECOND
"""How long a kernel tries to connect, by default."""
_URL: Final = re.compile(r"(?:(?P<scheme>\w+)://)?(?P<host>[^/:?#\s]+)(?::(?P<port>\d{1,5}))?(?P<path>[/?#].*)?")
_PORTS: Final = {"http": 80, "https": 443}
_NUMBER: Final = re.compile(r"\d+\.?\d*|\.\d+")
_ERROR_PAGE: Final = "Internal Server Error\n"


class Target(Struct, frozen=True):
    """What a URL asks for."""

    host: str
    port: int
    path: str


class Misused(ValueError):
    """The arguments are none that the command takes; it ends with `code`."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def target_of(url: str) -> Target | None:
    """What this asks for; None if it is no URL of http or https. The scheme may be missing."""
    found = _URL.fullmatch(url)
    scheme = (found["scheme"] or "http").lower() if found is not None else ""
    if found is None or scheme not in _PORTS:
        return None
    path = found["path"] or "/"
    port = int(found["port"] or _PORTS[scheme])
    return Target(found["host"], port, path if path.startswith("/") else f"/{path}")


class _Options(Struct):
    """`flags` are options without a value, by letter; `values` those with one."""

    flags: dict[str, None] = {}
    values: dict[str, str] = {}
    url: str = ""

    def seconds(self, option: str, default_ns: int) -> int:
        """A time limit in nanoseconds."""
        if option not in self.values:
            return default_ns
        if not _NUMBER.fullmatch(self.values[option]):
            raise Misused(2, f"expected a proper numerical parameter: {self.values[option]}")
        return nanoseconds(self.values[option])


def _read(arguments: Sequence[str], long: Mapping[str, str], flags: str, valued: str, misused: int) -> _Options:
    """Arguments in the manner of both: letters may stand together, the last with its value right behind it."""
    options = _Options()
    ahead = iter(arguments)
    for argument in ahead:
        if argument.startswith("--"):
            name, _, value = argument[2:].partition("=")
            letter = long.get(name)
            if letter is None:
                raise Misused(misused, f"option {argument}: is unknown")
            _put(options, letter, value, valued, ahead, misused)
        elif argument.startswith("-") and argument != "-":
            rest = argument[1:]
            while rest:
                letter, rest = rest[0], rest[1:]
                if letter not in flags + valued:
                    raise Misused(misused, f"option -{letter}: is unknown")
                _put(options, letter, rest, valued, ahead, misused)
                rest = "" if letter in valued else rest
        else:
            options.url = options.url or argument
    return options


def _put(options: _Options, letter: str, value: str, valued: str, ahead: Iterator[str], misused: int) -> None:
    if letter not in valued:
        options.flags[letter] = None
        return
    given = value or next(ahead, None)
    if given is None:
        raise Misused(misused, f"option -{letter}: requires parameter")
    options.values[letter] = given


_CURL_LONG: Final = {
    "connect-timeout": "c", "data": "d", "fail": "f", "header": "H", "insecure": "k", "location": "L", "max-time": "m",
    "output": "o", "request": "X", "show-error": "S", "silent": "s", "user-agent": "A", "verbose": "v",
    "write-out": "w",
}  # fmt: skip


def curl(inside: Inside, arguments: Sequence[str]) -> Program:
    """Ends with the codes of its namesake: 6, 7, 22, 28, 56."""
    try:
        options = _read(arguments, _CURL_LONG, "fkLsSv", "cdHmoXAw", 2)
        limit_ns = min(options.seconds("m", PATIENCE_NS), options.seconds("c", PATIENCE_NS))
    except Misused as misused:
        inside.complain(f"curl: {misused}")
        return misused.code
    target = target_of(options.url)
    if target is None:
        reason = "(3) URL using bad/illegal format or missing URL" if options.url else "(2) no URL specified"
        inside.complain(f"curl: {reason}")
        return 3 if options.url else 2
    visited = yield Ask(inside.known(target.host), target.port, target.path, limit_ns)
    assert visited is not None
    code, reason = _verdict_of_curl(target, visited)
    if not code and visited.outcome is Outcome.ERROR and "f" in options.flags:
        code, reason = 22, "The requested URL returned error: 500"
    elif not code and options.values.get("o", "-") == "-":
        inside.pour(_page(visited).encode())
    if "w" in options.values:
        status = 0 if code not in (0, 22) else 500 if visited.outcome is Outcome.ERROR else 200
        shown = options.values["w"].replace("%{http_code}", f"{status:03d}").replace("\\n", "\n")
        inside.pour(shown.encode())
    if code and ("s" not in options.flags or "S" in options.flags):
        inside.complain(f"curl: ({code}) {reason}")
    return code


def _verdict_of_curl(target: Target, visited: Visited) -> tuple[int, str]:
    after_ms = visited.took_ns // 1_000_000
    to = f"Failed to connect to {target.host} port {target.port} after {after_ms} ms"
    match visited.outcome:
        case Outcome.OK | Outcome.ERROR:
            return 0, ""
        case Outcome.NO_ROUTE if _unresolved(visited):
            return 6, f"Could not resolve host: {target.host}"
        case Outcome.NO_ROUTE:
            return 7, f"{to}: No route to host"
        case Outcome.REFUSED:
            return 7, f"{to}: Connection refused"
        case Outcome.RESET:
            return 56, "Recv failure: Connection reset by peer"
        case Outcome.TIMEOUT:
            return 28, f"Operation timed out after {after_ms} milliseconds with 0 bytes received"


_WGET_LONG: Final = {"output-document": "O", "quiet": "q", "spider": "s", "timeout": "T", "tries": "t"}


def wget(inside: Inside, arguments: Sequence[str]) -> Program:
    """Ends with 0 or 1, and speaks like busybox's."""
    try:
        options = _read(arguments, _WGET_LONG, "qsS", "OTt", 1)
        limit_ns = options.seconds("T", PATIENCE_NS)
    except Misused as misused:
        inside.complain(f"wget: {misused}")
        return 1
    target = target_of(options.url)
    if target is None:
        inside.complain(f"wget: bad address '{options.url}'" if options.url else "Usage: wget [-q] [-O FILE] URL")
        return 1
    host = inside.known(target.host)
    visited = yield Ask(host, target.port, target.path, limit_ns)
    assert visited is not None
    if "q" not in options.flags or visited.outcome is not Outcome.OK:
        address = host if is_address(host) else next(iter(inside.resolve(host)), host)
        _tell_of_wget(inside, target, address, visited, quiet="q" in options.flags)
    if visited.outcome is not Outcome.OK:
        return 1
    if "s" not in options.flags:
        _save(inside, options.values.get("O", target.path.rpartition("/")[2] or "index.html"), _page(visited))
    return 0


def _tell_of_wget(inside: Inside, target: Target, address: str, visited: Visited, *, quiet: bool) -> None:
    if not quiet and not _unresolved(visited):
        inside.complain(f"Connecting to {target.host}:{target.port} ({address}:{target.port})")
    remote = f"wget: can't connect to remote host ({address})"
    match visited.outcome:
        case Outcome.OK:
            pass
        case Outcome.ERROR:
            inside.complain("wget: server returned error: HTTP/1.1 500 Internal Server Error")
        case Outcome.NO_ROUTE if _unresolved(visited):
            inside.complain(f"wget: bad address '{target.host}'")
        case Outcome.NO_ROUTE:
            inside.complain(f"{remote}: No route to host")
        case Outcome.REFUSED:
            inside.complain(f"{remote}: Connection refused")
        case Outcome.RESET:
            inside.complain("wget: error getting response: Connection reset by peer")
        case Outcome.TIMEOUT:
            inside.complain("wget: download timed out")


def _save(inside: Inside, file: str, page: str) -> None:
    if file in ("-", "/dev/stdout"):
        inside.pour(page.encode())
    elif file != "/dev/null":
        inside.container.files[inside.files.whole(file)] = page.encode()


def _page(visited: Visited) -> str:
    return visited.answer.text if visited.answer is not None else _ERROR_PAGE


def _unresolved(visited: Visited) -> bool:
    return visited.failure is not None and visited.failure.why is Why.NOT_RESOLVED and not visited.failure.calls


FETCHING_COMMANDS: Final[Mapping[str, WaitingCommand]] = {"curl": curl, "wget": wget}
