"""The label by which a service says how long the connections of its tasks may take to finish.

It is read where a service is accepted, to refuse what cannot be, and where a task is made, which bears what it says
from then on: a task that drains outlives its service, and the leader that began the drain.

A label, since nothing else of a service that is ours alone survives a Compose file, the docker command line and the
Engine API on its way here.
"""

from collections.abc import Mapping
from typing import Final

from core.document import described, parse_duration_ns
from core.timing import SECOND

DRAIN_GRACE_LABEL: Final = "swarmsim.drain-grace"
MAX_DRAIN_GRACE_NS: Final = 30 * SECOND
"""With the wait for tables before it and a container's usual stop grace after it, still less than a minute.

A minute is what a replacement waits for the task before it (`core.manager.restart.starter`). A longer drain would leave
the slot without a backend for that long, and then with two containers."""

_TOO_LONG: Final = (
    f"too long for a drain grace; the most is {MAX_DRAIN_GRACE_NS // SECOND}s, "
    "since a replacement waits no longer than a minute for the task before it"
)


class BadDrainGrace(ValueError):
    """It says nothing that can be done; the text says what it should say."""


def labelled_drain_grace_ns(labels: Mapping[str, str]) -> int | None:
    """What a service's labels say, in nanoseconds; None if nothing. Raises `BadDrainGrace`."""
    text = labels.get(DRAIN_GRACE_LABEL)
    if text is None:
        return None
    grace_ns = parse_duration_ns(text)
    if grace_ns is None:
        raise BadDrainGrace(f"{described(text)} is not a drain grace; write a duration like 5s, 500ms or 1m30s")
    if grace_ns > MAX_DRAIN_GRACE_NS:
        raise BadDrainGrace(f"{described(text)} is {_TOO_LONG}")
    return grace_ns
