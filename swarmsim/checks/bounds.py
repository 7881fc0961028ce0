"""How long hosts that can be told may take to do what is wanted, by the timing profile of their world.

All that a check allows follows from these; whoever cannot be told has no bound, and its time begins anew.
"""

from typing import Final

from core.objects.drain_grace import MAX_DRAIN_GRACE_NS
from core.objects.service import Service
from core.objects.task import Task
from core.timing import SECOND, Timing

REPETITIONS: Final = 4
"""How often a word of the leader's may have to be said again, at the longest back-off, until it arrives."""
SLOW_HOST_NS: Final = 8 * SECOND
"""For a disk that is slow, or an engine that does not answer for a while."""


def word_done_ns(timing: Timing) -> int:
    """From a leader's decision until a host in touch with it has carried it out, if that takes no time of itself."""
    dispatcher = timing.dispatcher
    return dispatcher.batch_ns + REPETITIONS * dispatcher.backoff_max_ns + SLOW_HOST_NS


def container_end_ns(timing: Timing, task: Task, grace_ns: int) -> int:
    """Likewise until a container is gone: after its drain (of this grace) and its stop grace."""
    return timing.drain_ack_timeout_ns + grace_ns + task.spec.container.stop_grace_period_ns + word_done_ns(timing)


def longest_grace_ns(timing: Timing, service: Service | None) -> int:
    """Of a task of this service, None if that has been removed: a drain may have begun by the spec before the last."""
    if service is None:
        return MAX_DRAIN_GRACE_NS
    specs = (spec for spec in (service.spec, service.previous_spec) if spec is not None)
    return max(timing.drain_grace_ns if spec.drain_grace_ns is None else spec.drain_grace_ns for spec in specs)
