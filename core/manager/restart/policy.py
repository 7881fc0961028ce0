"""The restart policy as functions of the store.

Attempts are not counted in memory but read off the slot's history, of which the reaper keeps enough: each task of the
same spec version that ended by itself and was followed by another one is one attempt. Hence a new leader
counts what the old one counted. A task lost with its node (down, drained, removed) did not end by itself: it is always
replaced and uses up no attempt, where Docker would let the policy stop it (moby #32416).

*Back-off*, where a service asks for it by label (`core.objects.restart_backoff`): the restart after the n-th failure
in a row waits the policy's delay times 2^(n-1), at most the longest delay. A failure is any end by itself. It is the
first in a row if its task was of another template than the one that replaces it, or had run for at least the longest
delay: its agent says since when, and what came before (to wait, to be placed, to pull an image) is not to run. A task
lost with its node neither counts nor ends a row. The count is with the task that waits, since the reaper keeps too
little history to count in: a new leader goes on where the old one was.
"""

from itertools import pairwise

from core.manager.orchestrator.tasks import ended_by_itself, is_unreachable
from core.objects.node import Availability
from core.objects.restart_backoff import backed_off_ns, labelled_restart_backoff_ns
from core.objects.service import Service
from core.objects.task import RestartCondition, Task, TaskState, ran_for_ns
from core.store import Store, slot_of
from core.timing import Timing


def should_restart(store: Store, task: Task, wall_ns: int) -> bool:
    """Whether a task that has ended, or was lost, is to be replaced."""
    if not ended_by_itself(task):
        return True
    policy = task.spec.restart
    if policy.condition is RestartCondition.NONE:
        return False
    by_failure = policy.condition is RestartCondition.ON_FAILURE or task.job_iteration is not None
    if by_failure and task.status.state is TaskState.COMPLETE:
        return False
    return policy.max_attempts == 0 or attempts(store, task, wall_ns) < policy.max_attempts


def attempts(store: Store, task: Task, wall_ns: int) -> int:
    """Restarts already made in this task's slot, within the policy's window before now."""
    window_ns = task.spec.restart.window_ns
    same = [other for other in store.tasks_in_slot(slot_of(task)) if other.spec_version == task.spec_version]
    return sum(
        ended_by_itself(earlier) and (not window_ns or later.created_at > wall_ns - window_ns)
        for earlier, later in pairwise(same)
    )


def failures_in_a_row(service: Service, task: Task) -> int:
    """How many tasks have ended by themselves one soon after the other, up to this one, as its replacement bears it."""
    longest_ns = labelled_restart_backoff_ns(service.spec.labels)
    if longest_ns is None or task.spec != service.spec.task:
        return 0
    if not ended_by_itself(task):
        return task.failures_in_a_row
    return 1 if ran_for_ns(task.status) >= longest_ns else task.failures_in_a_row + 1


def predecessor(store: Store, task: Task) -> Task | None:
    """The task that this one replaces in its slot, if there was one."""
    before: Task | None = None
    for other in store.tasks_in_slot(slot_of(task)):
        if other.id == task.id:
            break
        before = other
    return before


def restart_delay_ns(store: Store, task: Task, timing: Timing) -> int:
    """How long a replacement waits before it may run (swarm.md §3.4).

    The policy's delay after an end, or longer if the service asked for that; nothing after a drain, or for another
    template; after the loss of a node what the profile says.
    """
    before = predecessor(store, task)
    if before is None or before.spec != task.spec:
        return 0
    if ended_by_itself(before):
        return _delay_after_failures_ns(task)
    node = store.nodes.get(before.node_id)
    drained = node is not None and node.spec.availability is Availability.DRAIN
    if is_unreachable(node) and not drained and timing.restart_delay_after_node_loss:
        return task.spec.restart.delay_ns
    return 0


def _delay_after_failures_ns(task: Task) -> int:
    delay_ns = task.spec.restart.delay_ns
    longest_ns = labelled_restart_backoff_ns(task.service_labels)
    return delay_ns if longest_ns is None else backed_off_ns(delay_ns, longest_ns, task.failures_in_a_row)
