"""How long hosts that can be told may take to do what is wanted, by the timing profile of their world.

All that a check allows follows from these; whoever cannot be told has no bound, and its time begins anew.
"""

from typing import Final

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


def container_end_ns(timing: Timing, task: Task) -> int:
    """Likewise until a container is gone: after its drain and its stop grace."""
    grace_ns = timing.drain_grace_ns if task.drain_grace_ns is None else task.drain_grace_ns
    return timing.drain_ack_timeout_ns + grace_ns + task.spec.container.stop_grace_period_ns + word_done_ns(timing)
