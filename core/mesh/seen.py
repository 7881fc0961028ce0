"""What routing tables read of each kind of object: a change of anything else changes no table."""

from typing import Any, Final

from core.objects.node import Node, NodeState
from core.operations import Kind
from core.store import Changed


def matters(change: Changed) -> bool:
    """Whether a change can be seen in any table; most writes of nodes and services cannot."""
    old, new = change.old, change.new
    if old is None or new is None:
        return change.kind in _SEEN
    seen = _SEEN.get(change.kind)
    return seen is not None and seen(old) != seen(new)


def seen_by_tasks(node: Node | None) -> tuple[Any, ...]:
    """What of a node is seen in the records of the tasks on it; nothing of one that is not there."""
    return () if node is None else (node.status.state is NodeState.DOWN, node.status.address)


def _seen_of_task(task: Any) -> tuple[Any, ...]:
    return task.status.state, task.desired_state, task.node_id, task.attachments, task.endpoint


def _seen_of_node(node: Any) -> tuple[Any, ...]:
    return *seen_by_tasks(node), node.attachments


def _seen_of_service(service: Any) -> tuple[Any, ...]:
    return service.spec.name, service.spec.task.networks, service.endpoint


def _seen_of_network(network: Any) -> tuple[Any, ...]:
    return network.spec, network.vni, network.subnets


_SEEN: Final = {
    Kind.TASK: _seen_of_task,
    Kind.NODE: _seen_of_node,
    Kind.SERVICE: _seen_of_service,
    Kind.NETWORK: _seen_of_network,
}
