"""The label by which a service asks that its failing tasks be restarted ever more slowly (`core.objects.labels`).

It says the longest delay. The first restart in a row waits what the restart policy says, each further one twice as long
as the one before, up to the longest. Which restarts are in a row is said in `core.manager.restart.policy`.
"""

from collections.abc import Mapping
from typing import Final

from core.document import described
from core.objects.labels import BadLabel, labelled_duration_ns
from core.timing import SECOND

RESTART_BACKOFF_LABEL: Final = "swarmsim.restart-backoff"


def labelled_restart_backoff_ns(labels: Mapping[str, str]) -> int | None:
    """The longest delay that a service's labels allow, in nanoseconds; None if they ask for no back-off.

    Raises `BadLabel`.
    """
    return labelled_duration_ns(labels, RESTART_BACKOFF_LABEL, "a longest restart delay")


def check_restart_backoff(labels: Mapping[str, str], delay_ns: int) -> None:
    """Raise `BadLabel` if the restart policy's delay cannot grow to the longest one."""
    longest_ns = labelled_restart_backoff_ns(labels)
    if longest_ns is None or 0 < delay_ns <= longest_ns:
        return
    text = described(labels[RESTART_BACKOFF_LABEL])
    if delay_ns <= 0:
        problem = f"{text} is the longest restart delay, but the restart policy has no delay that could grow"
    else:
        problem = f"{text} is shorter than the restart policy's delay of {delay_ns / SECOND:g}s, from which it grows"
    raise BadLabel(RESTART_BACKOFF_LABEL, problem)


def backed_off_ns(delay_ns: int, longest_ns: int, failures_in_a_row: int) -> int:
    """How long the restart after so many failures in a row waits, nanoseconds."""
    delay_ns = min(delay_ns, longest_ns)
    for _ in range(failures_in_a_row - 1):
        if delay_ns >= longest_ns:
            break
        delay_ns = min(2 * delay_ns, longest_ns)
    return delay_ns
