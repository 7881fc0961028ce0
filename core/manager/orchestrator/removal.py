"""Tasks of services that are gone: all of them are to be removed, whatever state they are in."""

from core.ids import ServiceId
from core.manager.draft import Draft
from core.manager.orchestrator.tasks import want
from core.manager.task_moves import Writer
from core.objects.task import TaskState
from core.operations import Kind
from core.parts import Parts
from core.store import Changed, Store


class ServiceRemoval:
    """A reconciler: a service that is not there -> desired REMOVE for its tasks."""

    kinds = (Kind.SERVICE,)
    writer = Writer.ORCHESTRATOR

    def __init__(self, head: Store) -> None:
        self._head = head
        self._gone: dict[ServiceId, None] = {}

    def rebuild(self, now: int) -> Parts:
        services = self._head.services
        self._gone = {service_id: None for service_id in self._head.services_with_tasks() if service_id not in services}
        yield

    @property
    def dirty(self) -> bool:
        return bool(self._gone)

    def deadline(self) -> int | None:
        return None

    def on_change(self, now: int, change: Changed) -> None:
        if change.new is None:
            self._gone[change.old.id] = None

    def reconcile(self, now: int, draft: Draft) -> None:
        for service_id in list(self._gone):
            for task in self._head.tasks_of_service(service_id):
                if draft.full:
                    return
                want(draft, task, TaskState.REMOVE)
            del self._gone[service_id]
