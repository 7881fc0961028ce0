"""`/nodes`: the machines of the swarm."""

from typing import Final

from core.codec.docker.node import decode_node_spec, encode_node
from core.objects import Node
from core.operations import Kind, Remove, UpdateNode
from swarmsim.api.call import Call, Json
from swarmsim.api.errors import bad_request
from swarmsim.api.filters import Filters
from swarmsim.api.host import ApiHost, named
from swarmsim.api.route import FILTERS, FORCE, VERSION, Route

_FILTERS: Final = ("id", "label", "membership", "name", "node.label", "role")
_MEMBERSHIPS: Final = ("accepted", "pending")
_ROLES: Final = ("manager", "worker")


async def list_nodes(call: Call) -> Json:
    """All nodes, or those that the filters let through."""
    filters = call.filters(*_FILTERS)
    filters.check("role", _ROLES)
    filters.check("membership", _MEMBERSHIPS)
    store = await call.host.read()
    return [_encode(call.host, node) for node in store.nodes.values() if _passes(filters, node)]


async def inspect_node(call: Call) -> Json:
    """One node by id, hostname or the beginning of its id."""
    return _encode(call.host, named(await call.host.read(), Kind.NODE, Node, call.path("id")))


async def update_node(call: Call) -> None:
    """Labels, availability and role."""
    version = call.number("version")
    body = await call.body()
    spec = decode_node_spec(body)
    said = {name.lower() for name, words in body.items() if words}
    for name in ("Role", "Availability"):
        if name.lower() not in said:
            raise bad_request(f'invalid {name}: ""')
    node = named(await call.host.read(), Kind.NODE, Node, call.path("id"))
    await call.host.ask(UpdateNode(node.id, version, spec))


async def remove_node(call: Call) -> None:
    """Have the swarm forget a node that is down, or by force any worker."""
    await call.host.ask(Remove(Kind.NODE, call.path("id"), call.flag("force")))


def _encode(host: ApiHost, node: Node) -> Json:
    leader_id = host.status.leader_id
    return encode_node(node, leads=node.manager is not None and node.manager.raft_id == leader_id)


def _passes(filters: Filters, node: Node) -> bool:
    return (
        filters.prefix("id", node.id)
        and filters.prefix("name", node.description.hostname)
        and filters.one_of("role", (node.spec.role.value,))
        and filters.one_of("membership", ("accepted",))
        and filters.labels("label", node.description.engine_labels)
        and filters.labels("node.label", node.spec.labels)
    )


ROUTES: Final = (
    Route("GET", "/nodes", list_nodes, "The nodes of the swarm.", query=(FILTERS,), answer="Node[]", errors=(503,)),
    Route("GET", "/nodes/{id}", inspect_node, "One node.", answer="Node", errors=(404, 503)),
    Route("DELETE", "/nodes/{id}", remove_node, "Remove a node.", query=(FORCE,), errors=(404, 503)),
    Route(
        "POST",
        "/nodes/{id}/update",
        update_node,
        "Change a node.",
        query=(VERSION,),
        body="NodeSpec",
        errors=(404, 503),
    ),
)
