"""What a client wants of a log, and how its lines are written: with or without their time and their details."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote_plus

from aiohttp import web
from msgspec import Struct

from core.codec.docker.times import rfc3339
from core.timing import SECOND
from swarmsim.api.call import Call
from swarmsim.api.errors import ApiError, bad_request
from swarmsim.api.route import Parameter
from swarmsim.api.streams.backlog import Backlog
from swarmsim.api.streams.multiplex import Mixer, content_type
from swarmsim.api.timestamps import parse_time
from swarmsim.containers import LogWish, OutputLine

TOO_SLOW: Final = "Error grabbing logs: the client reads more slowly than lines come, some of which are lost"


class LogRequest(Struct, frozen=True):
    """One request. `details` and `timestamps`: whether these stand before each line."""

    wish: LogWish
    details: bool
    timestamps: bool

    def line(self, mixer: Mixer, line: OutputLine, details: Mapping[str, str]) -> bytes:
        """As it is sent."""
        data = line.data + b"\n" if line.whole else line.data
        if self.details:
            told = ",".join(f"{quote_plus(key)}={quote_plus(text)}" for key, text in sorted(details.items()))
            data = f"{told} ".encode() + data
        if self.timestamps:
            data = f"{_time(line.at)} ".encode() + data
        return mixer.output(line.output, data)


def log_request(call: Call, *, nothing_wanted: int, negative_tail_is_all: bool) -> LogRequest:
    """From the parameters; ApiError for those that make no sense, with this status if no output is wanted."""
    stdout, stderr = call.flag("stdout"), call.flag("stderr")
    if not (stdout or stderr):
        raise ApiError(nothing_wanted, "Bad parameters: you must choose at least one stream")
    wish = LogWish(
        stdout=stdout,
        stderr=stderr,
        since=parse_time("since", call.text("since")),
        until=parse_time("until", call.text("until")),
        tail=_tail(call.text("tail"), negative_tail_is_all),
        follow=call.flag("follow"),
    )
    return LogRequest(wish, call.flag("details"), call.flag("timestamps"))


def _tail(text: str, negative_is_all: bool) -> int | None:
    if text in ("", "all"):
        return None
    if text.isdecimal() and len(text) < _MOST_DIGITS:
        return int(text)
    if negative_is_all and text[:1] == "-" and text[1:].isdecimal():
        return None
    raise bad_request(f'invalid value {text!r} for "tail": it is the word "all" or a number that is not negative')


_MOST_DIGITS: Final = 19


def _time(at: int) -> str:
    """With nine digits behind the point, so that lines are as long as each other."""
    return f"{rfc3339(at // SECOND * SECOND)[:-1]}.{at % SECOND:09}Z"


async def answer(call: Call, backlog: Backlog, mixer: Mixer, *, tty: bool) -> web.StreamResponse:
    """Send what comes, at the client's speed, until it ends; a client that is too slow is told so."""
    response = web.StreamResponse(headers={"Content-Type": content_type(call.version, tty=tty)})
    await response.prepare(call.request)
    while data := await backlog.next():
        await response.write(data)
    if backlog.overrun:
        await response.write(mixer.error(TOO_SLOW))
    return response


QUERY: Final = (
    Parameter("stdout", "boolean", "Whether to send what was written to the standard output."),
    Parameter("stderr", "boolean", "Likewise of the standard error; one of them has to be wanted."),
    Parameter("follow", "boolean", "Go on with what is yet to be written."),
    Parameter("tail", "string", "`all`, or how many of the last lines of each container."),
    Parameter("since", "string", "Only what was written from this instant on."),
    Parameter("timestamps", "boolean", "Whether its time stands before each line."),
    Parameter("details", "boolean", "Whether its details do, as `key=value,…`."),
)
UNTIL: Final = Parameter("until", "string", "Only what was written up to this instant.")
