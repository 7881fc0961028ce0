"""Gathers what the containers of several tasks write, from all over the swarm, into one stream.

Each task's lines come over a stream of its own from the host that it is on. A host that is not there takes nothing away
from the others: their lines are delivered, and at the end it is said whose are missing. Who follows goes on as long as
anything is left to follow.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from core.ids import NodeId, ServiceId, TaskId
from core.objects import Task
from core.objects.node import NodeState
from core.operations import Kind
from core.store import Changed, Store
from swarmsim.api.host import ApiHost
from swarmsim.containers import Broken, LogWish, OutputLine, Undo

INCOMPLETE: Final = (
    "Error grabbing logs: rpc error: code = Unknown desc = warning: incomplete log stream. some logs could not be "
    "retrieved for the following reasons: "
)
Details = Mapping[str, str]


class Gathering:
    """Of the tasks that are `wanted`: `take` is told lines with their details, `over` why it is incomplete, or ""."""

    def __init__(
        self,
        host: ApiHost,
        wanted: Callable[[Task], bool],
        wish: LogWish,
        take: Callable[[OutputLine, Details], None],
        over: Callable[[str], None],
    ) -> None:
        self._host = host
        self._wanted = wanted
        self._wish = wish
        self._take = take
        self._over = over
        self._streams: dict[TaskId, Undo] = {}
        """Those that were begun, of tasks that are there or are still heard of."""
        self._open: set[TaskId] = set()
        self._missing: dict[str, None] = {}
        """Reasons, each once."""
        self._began = False
        self._service_id: ServiceId | None = None
        """That of which there may be more tasks."""
        self._unwatch: Undo | None = None

    def begin(self, store: Store, service_id: ServiceId | None = None) -> None:
        """Those that there are; if they are followed, also those to come of this service, until it is removed."""
        for task in store.tasks.values():
            self._add(store, task)
        if service_id is not None and self._wish.follow:
            self._service_id = service_id
            self._unwatch = self._host.world.watch_store(self._host.name, self._changed)
        self._began = True
        self._look()

    def stop(self) -> None:
        """Nobody wants it any more."""
        if self._unwatch is not None:
            self._unwatch()
        for undo in self._streams.values():
            undo()

    def _add(self, store: Store, task: Task) -> None:
        if task.id in self._streams or not self._wanted(task):
            return
        if not task.node_id:
            if not self._wish.follow:
                self._missing[f"task {task.id} has not been scheduled"] = None
            return
        host = self._host_of(store, task.node_id)
        if host is None:
            self._streams[task.id] = _nothing
            self._missing[f"node {task.node_id} is not available"] = None
            return
        details = {
            "com.docker.swarm.node.id": task.node_id,
            "com.docker.swarm.service.id": task.service_id,
            "com.docker.swarm.task.id": task.id,
        }

        def take(line: OutputLine | Broken | None) -> None:
            if isinstance(line, OutputLine):
                self._take(line, details)
                return
            if task.id not in self._open:  # it was told before that it is broken
                return
            self._open.remove(task.id)
            if line is not None:
                self._missing[line.reason] = None
            now = self._host.store
            if now is not None and task.id not in now.tasks:
                self._forget(task.id)
            self._look()

        self._open.add(task.id)
        self._streams[task.id] = self._host.world.task_logs(self._host.name, host, task.id, self._wish, take)

    def _host_of(self, store: Store, node_id: NodeId) -> str | None:
        """Where a node is that can be asked, as far as this manager knows."""
        node = store.nodes.get(node_id)
        if node is None or node.status.state is not NodeState.READY:
            return None
        world = self._host.world
        return next((name for name in world.hosts() if world.node_id(name) == node_id), None)

    def _changed(self, changes: Sequence[Changed]) -> None:
        store = self._host.store
        if store is None:
            return
        for change in changes:
            if change.kind is Kind.TASK and isinstance(change.new, Task):
                self._add(store, change.new)
            elif change.kind is Kind.TASK and change.new is None and change.id not in self._open:
                self._forget(TaskId(change.id))
            elif change.kind is Kind.SERVICE and change.id == self._service_id and change.new is None:
                self._service_id = None
                self._look()

    def _forget(self, task_id: TaskId) -> None:
        """Nothing will be heard of it any more: who follows a service for long keeps nothing of what is gone."""
        if (undo := self._streams.pop(task_id, None)) is not None:
            undo()

    def _look(self) -> None:
        """Whether anything is left to come."""
        follows_more = self._service_id is not None and not self._missing
        if self._began and not self._open and not follows_more:
            self._over(INCOMPLETE + ", ".join(self._missing) if self._missing else "")


def _nothing() -> None:
    """It was never begun."""
