"""The label by which a service says how long connections of its tasks may take to finish (`core.objects.labels`)."""

from collections.abc import Mapping
from typing import Final

from core.document import described
from core.objects.labels import BadLabel, labelled_duration_ns
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


def labelled_drain_grace_ns(labels: Mapping[str, str]) -> int | None:
    """What a service's labels say, in nanoseconds; None if nothing. Raises `BadLabel`."""
    grace_ns = labelled_duration_ns(labels, DRAIN_GRACE_LABEL, "a drain grace")
    if grace_ns is not None and grace_ns > MAX_DRAIN_GRACE_NS:
        raise BadLabel(DRAIN_GRACE_LABEL, f"{described(labels[DRAIN_GRACE_LABEL])} is {_TOO_LONG}")
    return grace_ns
