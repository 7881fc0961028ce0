"""`/networks`: the swarm's overlays, and beside them each engine's own."""

from typing import Final

from core.codec.docker.kinds import Object
from core.codec.docker.network import decode_network_request, encode_network
from core.codec.docker.unsupported import warnings
from core.ids import NetworkId
from core.manager.orchestrator.tasks import holds_addresses
from core.objects import Network
from core.operations import CreateNetwork, Kind, Remove
from core.phases import HostPhase
from core.store import Store
from swarmsim.api.call import Call, Json
from swarmsim.api.engine.local_networks import local_networks
from swarmsim.api.errors import ApiError, not_found, unsupported
from swarmsim.api.filters import Filters
from swarmsim.api.host import named
from swarmsim.api.route import FILTERS, Parameter, Route
from swarmsim.api.swarm.network_services import services_on

_FILTERS: Final = ("dangling", "driver", "id", "label", "name", "scope", "type")
_PRUNE_FILTERS: Final = ("label", "label!", "until")
_TYPES: Final = ("builtin", "custom")


async def list_networks(call: Call) -> Json:
    """All networks that this host knows of, or those that the filters let through."""
    filters = call.filters(*_FILTERS)
    filters.check("type", _TYPES)
    dangling = filters.truth("dangling")
    store = await call.host.read() if _is_manager(call) else None
    in_use = _in_use(store) if store is not None else set()
    overlays = map(encode_network, store.networks.values()) if store is not None else ()
    return [
        body
        for body in (*overlays, *local_networks(call.host))
        if _passes(filters, body)
        and dangling in (None, body["Scope"] == "swarm" and body["Id"] not in in_use)  # an engine's own never dangle
    ]


async def inspect_network(call: Call) -> Json:
    """One network by name or id; with `verbose`, the services on it and where their tasks are."""
    reference, scope = call.path("id"), call.text("scope")
    if scope != "local" and _is_manager(call):
        store = await call.host.read()
        try:
            network = named(store, Kind.NETWORK, Network, reference)
        except ApiError as error:
            if error.status != 404:
                raise
        else:
            verbose = {"Services": services_on(store, network)} if call.flag("verbose") else {}
            return _encode(store, network) | verbose
    for body in local_networks(call.host) if scope != "swarm" else ():
        if reference == body["Name"] or body["Id"].startswith(reference):
            return body
    raise not_found(f"network {reference} not found")


async def create_network(call: Call) -> Json:
    """Only overlays can be made: a network of one host is its engine's matter."""
    spec = decode_network_request(await call.body())
    network_id = await call.host.ask(CreateNetwork(spec))
    return {"Id": network_id, "Warning": "; ".join(warnings(spec))}


async def remove_network(call: Call) -> None:
    """One that nothing uses."""
    reference = call.path("id")
    if any(reference in (body["Name"], body["Id"]) for body in local_networks(call.host)):
        raise ApiError(403, f"{reference} is a pre-defined network and cannot be removed")
    if not _is_manager(call):
        raise not_found(f"network {reference} not found")
    await call.host.ask(Remove(Kind.NETWORK, reference))


async def prune_networks(call: Call) -> Json:
    """Remove every overlay that nothing uses, but for ingress."""
    filters = call.filters(*_PRUNE_FILTERS)
    if filters.of("until"):
        raise unsupported("filter until: networks are pruned whatever their age")
    removed: list[str] = []
    for network in tuple((await call.host.read()).networks.values()) if _is_manager(call) else ():
        if network.spec.ingress or not filters.prunable(network.spec.labels):
            continue
        try:
            await call.host.ask(Remove(Kind.NETWORK, network.id))
        except ApiError as error:
            if error.status != 400:  # in use
                raise
        else:
            removed.append(network.spec.name)
    return {"NetworksDeleted": removed or None}


def _in_use(store: Store) -> set[NetworkId]:
    """The overlays that a service is on, or a task holds an address of."""
    found = {target.network_id for service in store.services.values() for target in service.spec.task.networks}
    tasks = filter(holds_addresses, store.tasks.values())
    found |= {attachment.network_id for task in tasks for attachment in task.attachments}
    if any(service.spec.endpoint.uses_ingress for service in store.services.values()):
        found |= {network.id for network in store.networks.values() if network.spec.ingress}
    return found


def _encode(store: Store, network: Network) -> Object:
    """With its peers, which as in Docker only the one that is inspected is shown with."""
    peers = [
        (node.description.hostname, node.status.address)
        for node in store.nodes.values()
        if any(attachment.network_id == network.id for attachment in node.attachments)
    ]
    return encode_network(network, peers=peers)


def _is_manager(call: Call) -> bool:
    return call.host.status.phase is HostPhase.MANAGER


def _passes(filters: Filters, body: Object) -> bool:
    return (
        filters.prefix("id", body["Id"])
        and filters.contains("name", body["Name"])
        and filters.one_of("driver", (body["Driver"],))
        and filters.one_of("scope", (body["Scope"],))
        and filters.one_of("type", ("builtin" if body["Scope"] == "local" else "custom",))
        and filters.labels("label", body["Labels"])
    )


_SCOPE: Final = Parameter("scope", "string", "Where to look: `swarm` or `local`; everywhere if it is left out.")
_VERBOSE: Final = Parameter("verbose", "boolean", "Whether to tell the services on it.")
ROUTES: Final = (
    Route("GET", "/networks", list_networks, "The networks.", query=(FILTERS,), answer="Network[]", errors=(503,)),
    Route(
        "POST",
        "/networks/create",
        create_network,
        "Declare an overlay network.",
        body="NetworkCreateRequest",
        answer="NetworkCreated",
        success=201,
        errors=(403, 409, 503),
    ),
    Route(
        "POST",
        "/networks/prune",
        prune_networks,
        "Remove the overlays that nothing uses.",
        query=(FILTERS,),
        answer="NetworksPruned",
        errors=(501, 503),
    ),
    Route(
        "GET",
        "/networks/{id}",
        inspect_network,
        "One network.",
        query=(_SCOPE, _VERBOSE),
        answer="Network",
        errors=(404, 503),
    ),
    Route("DELETE", "/networks/{id}", remove_network, "Remove a network.", success=204, errors=(403, 404, 503)),
)
