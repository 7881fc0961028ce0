"""How long the connections of a service's tasks may take to finish before a task is told to stop."""

from core.ids import ServiceId
from core.objects.task import Task
from core.operations import Kind
from core.store import Changed, Store


class Graces:
    """What services say of it, else the profile. A service that was removed is remembered while it has tasks.

    That is by the leader that saw it go: its successor finds only the tasks, and uses the profile's.
    """

    def __init__(self, committed: Store, grace_ns: int) -> None:
        self._committed = committed
        self._grace_ns = grace_ns
        self._of_gone: dict[ServiceId, int] = {}

    def of(self, task: Task) -> int:
        """The grace of one task, in nanoseconds."""
        service = self._committed.services.get(task.service_id)
        own_ns = service.spec.drain_grace_ns if service is not None else self._of_gone.get(task.service_id)
        return self._grace_ns if own_ns is None else own_ns

    def follow(self, change: Changed) -> None:
        """The committed store has changed."""
        if change.new is not None:
            return
        if change.kind is Kind.SERVICE:
            grace_ns = change.old.spec.drain_grace_ns
            if grace_ns is not None and self._committed.tasks_of_service(change.old.id):
                self._of_gone[change.old.id] = grace_ns
        elif change.kind is Kind.TASK and not self._committed.tasks_of_service(change.old.service_id):
            self._of_gone.pop(change.old.service_id, None)
