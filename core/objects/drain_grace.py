"""The label by which a service says how long the connections of its tasks may take to finish.

A label, since nothing else of a service that is ours alone survives a Compose file, the docker command line and the
Engine API on its way here.
"""

from collections.abc import Mapping
from typing import Final

from core.document import described, parse_duration_ns
from core.timing import SECOND

DRAIN_GRACE_LABEL: Final = "swarmsim.drain-grace"
MAX_DRAIN_GRACE_NS: Final = 3600 * SECOND
"""A task that drains still has its place and its resources."""


class BadDrainGrace(ValueError):
    """The label says nothing that can be done; the text says what it should say."""


def labelled_drain_grace_ns(labels: Mapping[str, str]) -> int | None:
    """What a service's labels say, in nanoseconds; None if nothing. Raises `BadDrainGrace`."""
    text = labels.get(DRAIN_GRACE_LABEL)
    return None if text is None else drain_grace_ns(text)


def drain_grace_ns(text: str) -> int:
    """A drain grace as it is written, in nanoseconds. Raises `BadDrainGrace`."""
    grace_ns = parse_duration_ns(text)
    if grace_ns is None:
        raise BadDrainGrace(f"{described(text)} is not a drain grace; write a duration like 5s, 500ms or 1m30s")
    if grace_ns > MAX_DRAIN_GRACE_NS:
        raise BadDrainGrace(f"{described(text)} is too long for a drain grace; the most is 1h")
    return grace_ns
