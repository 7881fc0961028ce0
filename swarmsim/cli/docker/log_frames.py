"""What a daemon streams of logs: frames of lines, and who wrote each.

A frame has a head of eight bytes: of which stream it is, three zeros, and the length of what follows. If details were
asked for, a line is `[TIMESTAMP ]KEY=VALUE,KEY=VALUE MESSAGE`, values as in addresses of the web.
"""

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote

from msgspec import Struct

STDERR: Final = 2
FAILURE: Final = 3
"""The stream on which the daemon says why it cannot tell more."""
_HEAD_LENGTH: Final = 8
_NODE, _SERVICE, _TASK = (f"com.docker.swarm.{kind}.id" for kind in ("node", "service", "task"))


class Line(Struct, frozen=True):
    """A line with what is known of it; `details` are those beside who wrote it."""

    timestamp: bytes
    node_id: str
    service_id: str
    task_id: str
    details: str
    message: bytes


def frames(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Streams and contents, however they are cut into chunks; an unfinished frame at the end is left out."""
    pending = b""
    for chunk in chunks:
        pending += chunk
        while len(pending) >= _HEAD_LENGTH:
            end = _HEAD_LENGTH + int.from_bytes(pending[4:_HEAD_LENGTH], "big")
            if len(pending) < end:
                break
            yield pending[0], pending[_HEAD_LENGTH:end]
            pending = pending[end:]


def parsed(content: bytes, *, timestamps: bool) -> Line:
    """A line that has details."""
    *before, written, message = content.split(b" ", 2 if timestamps else 1)
    details = dict(pair.partition("=")[::2] for pair in written.decode(errors="replace").split(","))
    told = {unquote(key): unquote(value) for key, value in details.items()}
    who = {key: told.pop(key, "") for key in (_NODE, _SERVICE, _TASK)}
    others = ",".join(f"{key}={value}" for key, value in sorted(told.items()))
    return Line(b" ".join(before), who[_NODE], who[_SERVICE], who[_TASK], others, message)
