"""Which tasks an update has to replace (swarm.md §2.5)."""

from msgspec.structs import replace

from core.manager.placement.constraints import meets, parse_constraints
from core.objects.node import Node
from core.objects.service import Service
from core.objects.task import Task
from core.store import Store


def is_out_of_date(service: Service, task: Task, node: Node | None) -> bool:
    """Whether a task, on this node, is not what its service declares now.

    Labels, replicas and settings of updates are no part of a task. Another placement alone replaces only those tasks
    whose node does not suit it.
    """
    if task.spec_version == service.spec_version:
        return False
    if task.endpoint != service.spec.endpoint:
        return True
    declared = service.spec.task
    if task.spec == declared:
        return False
    if replace(task.spec, placement=declared.placement) != declared:
        return True
    return node is None or not meets(node, parse_constraints(declared.placement.constraints))


def is_outdated(store: Store, service: Service, task: Task) -> bool:
    """The same of a task in the store, on the node that it is on."""
    return is_out_of_date(service, task, store.nodes.get(task.node_id))
