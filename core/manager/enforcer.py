"""Moves tasks off nodes that no longer suit them: after a change of labels, role or resources.

Theory of operation. Where Docker marks such a task REJECTED although it still runs, its true state is kept here:
it is told to stop and a replacement is made, as for a node that is drained. Only active nodes
that are up are looked at. Which nodes suit a global service is the global orchestrator's business; what its tasks
reserve is counted here like that of all others.

A node suits a task if it meets the constraints that its service declares now, where Docker asks what was declared when
the task was made. A task that an update has still to replace, or was to, may stay where its own constraints let it:
what is declared anew moves it a few at a time (`core.manager.update`, which therefore works before this).
"""

from random import Random

from msgspec.structs import replace

from core.ids import NodeId
from core.manager.draft import Draft
from core.manager.orchestrator.tasks import is_current
from core.manager.placement.constraints import is_same_place, meets, parse_constraints
from core.manager.restart.restart import restart
from core.manager.task_moves import Writer
from core.manager.update.states import has_not_ended
from core.objects.node import Availability, Node, NodeState
from core.objects.service import Service
from core.objects.task import Task, TaskSpec, TaskState, is_wanted
from core.operations import Kind
from core.parts import Parts
from core.store import Changed, Store

REASON = "assigned node no longer meets constraints"


class ConstraintEnforcer:
    """A reconciler: nodes and services -> tasks to be restarted elsewhere."""

    kinds = (Kind.NODE, Kind.SERVICE)
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
        if change.kind is Kind.SERVICE:
            self._on_service(old, new)
        elif not is_same_place(old, new):
            self._nodes[new.id] = None

    def _on_service(self, old: Service, new: Service) -> None:
        """Its tasks are bound otherwise if it declares others, or leaves no more of them to an update."""
        if old.spec.task != new.spec.task or has_not_ended(old.update_status) > has_not_ended(new.update_status):
            for task in self._head.tasks_of_service(new.id):
                if task.node_id in self._head.nodes:
                    self._nodes[task.node_id] = None

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
            if needed.nano_cpus <= cpus and needed.memory_bytes <= memory and self._suits(node, task):
                cpus -= needed.nano_cpus
                memory -= needed.memory_bytes
            else:
                found.append(task)
        return found

    def _is_placed(self, task: Task) -> bool:
        """Whether it takes something of its node, and may be restarted elsewhere: not for an execution that is over."""
        service = self._head.services.get(task.service_id)
        assigned = TaskState.ASSIGNED <= task.status.state <= TaskState.RUNNING
        return assigned and is_wanted(task) and service is not None and is_current(service, task)

    def _move(self, draft: Draft, task: Task) -> None:
        task = draft.update(replace(task, status=replace(task.status, err=REASON)))
        restart(draft, self._rng, self._head.services[task.service_id], task)

    def _suits(self, node: Node, task: Task) -> bool:
        service = self._head.services[task.service_id]
        declared = service.spec.task
        if not task.slot or _meets(node, declared):
            return True
        to_be_replaced = has_not_ended(service.update_status) or _is_of_another_template(task, declared)
        return to_be_replaced and _meets(node, task.spec)


def _meets(node: Node, template: TaskSpec) -> bool:
    constraints = template.placement.constraints
    return not constraints or meets(node, parse_constraints(constraints))


def _is_of_another_template(task: Task, declared: TaskSpec) -> bool:
    """Whether it differs in more than where it is to be."""
    return replace(task.spec, placement=declared.placement) != declared
