"""Updating and removing nodes."""

from random import Random

from msgspec.structs import replace

from core.manager.control.references import resolve
from core.manager.control.refusal import not_possible, out_of_sequence
from core.manager.draft import Draft
from core.objects.cluster import REMEMBERED_REMOVALS
from core.objects.node import Node, NodeState, Role
from core.operations import Kind, Remove, UpdateNode
from core.store import Store


def update_node(draft: Draft, operation: UpdateNode, rng: Random) -> None:
    """Labels, availability and role. A new role is what is asked for; the role manager then carries it out."""
    node: Node = resolve(draft.head, Kind.NODE, operation.id)
    if node.version != operation.version:
        raise out_of_sequence()
    if node.spec.role is Role.MANAGER and operation.spec.role is Role.WORKER:
        _check_demotion(draft.head, node)
    draft.update(replace(node, spec=operation.spec))


def remove_node(draft: Draft, operation: Remove, rng: Random) -> None:
    """Only workers that are down, unless by force; never a manager. Its tasks are then given up."""
    node: Node = resolve(draft.head, Kind.NODE, operation.reference)
    if node.spec.role is Role.MANAGER or node.manager is not None:
        raise not_possible(
            f"node {node.id} is a cluster manager and is a member of the raft cluster."
            " It must be demoted to worker before removal"
        )
    if node.status.state is NodeState.READY and not operation.force:
        raise not_possible(f"node {node.id} is not down and can't be removed")
    draft.delete(Kind.NODE, node.id)
    cluster = draft.head.cluster
    assert cluster is not None, "a swarm with nodes has been founded"
    removed = (*cluster.removed_nodes, node.id)[-REMEMBERED_REMOVALS:]
    draft.update(replace(cluster, removed_nodes=removed))


def _check_demotion(store: Store, node: Node) -> None:
    """A majority of the managers that would be left has to be in reach (swarm.md §3.1)."""
    others = [other for other in store.nodes.values() if other.spec.role is Role.MANAGER and other.id != node.id]
    if not others:
        raise not_possible("attempting to demote the last manager of the swarm")
    reachable = sum(other.status.state is NodeState.READY for other in others)
    if reachable < len(others) // 2 + 1:
        raise not_possible("can't remove member from the raft: this would result in a loss of quorum")
