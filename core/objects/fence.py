"""The label by which a service says that a slot of it must never run twice (`core.objects.labels`): its *fence*.

It says how long a task may run on while no leader is known to know of its host. Agent and leader read the same number
off the same task, so they cannot disagree: after that long the agent stops it, by itself, and the leader lets nothing
take its place before it must have (`core.agent.fence`, `core.manager.lifecycle`).
"""

from collections.abc import Mapping
from typing import Final

from core.document import described
from core.objects.labels import BadLabel, labelled_duration_ns
from core.objects.task import Task
from core.timing import SECOND

FENCE_LABEL: Final = "swarmsim.fence"
MIN_FENCE_NS: Final = 3 * SECOND
"""A change of leader on a fast network is over well before."""
_STOP_MARGIN_NS: Final = 2 * SECOND
"""For an engine to do what it is told, once it is told."""


def labelled_fence_ns(labels: Mapping[str, str]) -> int | None:
    """What a service's labels say, in nanoseconds; None if it has no fence. Raises `BadLabel`."""
    fence_ns = labelled_duration_ns(labels, FENCE_LABEL, "a fence")
    if fence_ns is not None and fence_ns < MIN_FENCE_NS:
        text = described(labels[FENCE_LABEL])
        raise BadLabel(FENCE_LABEL, f"{text} is too short for a fence; the least is {MIN_FENCE_NS // SECOND}s")
    return fence_ns


def check_fence(labels: Mapping[str, str], starts_first: bool) -> None:
    """Raise `BadLabel` if updates of the service are to start first: then two run on purpose."""
    if labelled_fence_ns(labels) is not None and starts_first:
        raise BadLabel(FENCE_LABEL, "a fenced slot never runs twice, but an update or rollback is to start first")


def fenced_after_ns(task: Task) -> int:
    """How long after its host was last heard a fenced task has surely stopped, on a clock like its host's."""
    assert task.fence_ns is not None
    return task.fence_ns + task.spec.container.stop_grace_period_ns + _STOP_MARGIN_NS


def fence_wait_ns(task: Task) -> int:
    """The same on the leader's clock, which may run fast while the host's runs slow, each by a tenth."""
    return fenced_after_ns(task) * 5 // 4
