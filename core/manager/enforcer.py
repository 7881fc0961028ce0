"""Moves tasks off nodes that no longer suit them: after a change of labels, role or resources.

Theory of operation. Where Docker marks such a task REJECTED although it still runs, its true state is kept here:
it is told to stop and a replacement is made, as for a node that is drained. Only active nodes
that are up are looked at. Which nodes suit a global service is the global orchestrator's business; what its tasks
reserve is counted here like that of all others.
"""

from random import Random

from msgspec.structs import replace

from core.ids import NodeId
from core.manager.draft import Draft
from core.manager.placement.constraints import meets, parse_constraints
from core.manager.restart.restart import restart
from core.manager.task_moves import Writer
from core.objects.node import Availability, Node, NodeState
from core.objects.task import Task, TaskState, is_wanted
from core.operations import Kind
from core.parts import Parts
from core.store import Changed, Store

REASON = "assigned node no longer meets constraints"


class ConstraintEnforcer:
    """A reconciler: nodes -> tasks to be restarted elsewhere."""

    kinds = (Kind.NODE,)
    writer = Writer.ORCHESTRATOR

    def __init__(self, head: Store, rng: Random) -> None:
        self._head = head
        self._rng = rng
        self._nodes: dict[NodeId, None] = {}

    def rebuild(self, now: int) -> Parts:
        self._nodes = dict.fromkeys(self._head.nodes)
        yield

    @property
    def dirty(self) -> bool:
        return bool(self._nodes)

    def deadline(self) -> int | None:
        return None

    def on_change(self, now: int, change: Changed) -> None:
        old, new = change.old, change.new
        if old is None or new is None:
            return
        if old.spec != new.spec or old.description != new.description or old.status.address != new.status.address:
            self._nodes[new.id] = None

    def reconcile(self, now: int, draft: Draft) -> None:
        for node_id in list(self._nodes):
            if draft.spent:
                return
            draft.look(1 + self._head.task_count_on_node(node_id))
            for task in self._misplaced(self._head.nodes.get(node_id)):
                if draft.full:
                    return
                self._move(draft, task)
            del self._nodes[node_id]

    def _misplaced(self, node: Node | None) -> list[Task]:
        """The tasks that do not suit the node, and those that do not fit on it, the newest of them."""
        if node is None or node.spec.availability is not Availability.ACTIVE or node.status.state is NodeState.DOWN:
            return []
        cpus = node.description.resources.nano_cpus
        memory = node.description.resources.memory_bytes
        found = []
        for task in self._head.tasks_on_node(node.id):
            if not self._is_placed(task):
                continue
            needed = task.spec.reservations
            if needed.nano_cpus <= cpus and needed.memory_bytes <= memory and _suits(node, task):
                cpus -= needed.nano_cpus
                memory -= needed.memory_bytes
            else:
                found.append(task)
        return found

    def _is_placed(self, task: Task) -> bool:
        """Whether it takes something of its node, and may be restarted elsewhere."""
        assigned = TaskState.ASSIGNED <= task.status.state <= TaskState.RUNNING
        return assigned and is_wanted(task) and task.service_id in self._head.services

    def _move(self, draft: Draft, task: Task) -> None:
        task = draft.update(replace(task, status=replace(task.status, err=REASON)))
        restart(draft, self._rng, self._head.services[task.service_id], task)


def _suits(node: Node, task: Task) -> bool:
    constraints = task.spec.placement.constraints
    return not task.slot or not constraints or meets(node, parse_constraints(constraints))
