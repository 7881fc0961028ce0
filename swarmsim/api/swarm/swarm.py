"""`/swarm`: founding a swarm, joining and leaving it, its settings, tokens and unlock key."""

from typing import Final

from core.codec.docker.cluster import asks_for_authority, decode_swarm_spec, encode_swarm
from core.codec.docker.swarm_requests import decode_init_request, decode_join_request, decode_unlock_request
from core.objects import Cluster
from core.operations import LeaveSwarm, UpdateCluster
from core.store import Store
from swarmsim.api.call import Call, Json
from swarmsim.api.errors import ApiError, OutcomeUnknownError, bad_request, unsupported
from swarmsim.api.route import FORCE, VERSION, Parameter, Route
from swarmsim.api.swarm.addresses import advertised, check_data_path, remote


async def init(call: Call) -> Json:
    """The answer is the id of the new node."""
    request = decode_init_request(await call.body())
    own = call.host.world.interfaces(call.host.name)
    check_data_path(request.data_path_address, own)
    return await call.host.ask(request.operation(advertised(request.advertise_address, request.listen_address, own)))


async def join(call: Call) -> None:
    """As docker does, the host asks the manager that is named first, and waits until it is let in."""
    request = decode_join_request(await call.body())
    if not request.remotes:
        raise bad_request("at least 1 RemoteAddr is required to join")
    own = call.host.world.interfaces(call.host.name)
    address = advertised(request.advertise_address, request.listen_address, own)
    try:
        await call.host.ask(request.operation(address, tuple(map(remote, request.remotes))))
    except OutcomeUnknownError as error:
        raise ApiError(503, error.message) from None  # as docker has it, alone among what came to no known end


async def leave(call: Call) -> None:
    """A manager only leaves by force."""
    await call.host.ask(LeaveSwarm(call.flag("force")))


async def inspect(call: Call) -> Json:
    """The settings, with the tokens."""
    return encode_swarm(_cluster(await call.host.read()))


async def update(call: Call) -> None:
    """New settings, and what is to be rotated."""
    version = call.number("version")
    body = await call.body()
    current = _cluster(await call.host.read()).spec
    spec = decode_swarm_spec(body, current)
    if asks_for_authority(body, current):
        raise unsupported("there is no certificate authority here")
    await call.host.ask(
        UpdateCluster(
            version,
            spec,
            rotate_worker_token=call.truth("rotateWorkerToken"),
            rotate_manager_token=call.truth("rotateManagerToken"),
            rotate_unlock_key=call.truth("rotateManagerUnlockKey"),
        )
    )


async def unlock_key(call: Call) -> Json:
    """What unlocks a manager that has restarted; empty unless managers lock themselves."""
    return {"UnlockKey": _cluster(await call.host.read()).unlock_key}


async def unlock(call: Call) -> None:
    """Show a locked manager the key."""
    await call.host.ask(decode_unlock_request(await call.body()))


def _cluster(store: Store) -> Cluster:
    assert store.cluster is not None, "it was read with it"
    return store.cluster


_ROTATIONS: Final = (
    Parameter("rotateWorkerToken", "boolean", "Have workers need another token from now on."),
    Parameter("rotateManagerToken", "boolean", "Have managers need another token from now on."),
    Parameter("rotateManagerUnlockKey", "boolean", "Have locked managers need another key from now on."),
)
ROUTES: Final = (
    Route("POST", "/swarm/init", init, "Found a swarm.", body="SwarmInitRequest", answer="NodeID", errors=(503,)),
    Route("POST", "/swarm/join", join, "Join a swarm.", body="SwarmJoinRequest", errors=(503,)),
    Route("POST", "/swarm/leave", leave, "Leave the swarm.", query=(FORCE,), errors=(503,)),
    Route("GET", "/swarm", inspect, "The swarm's settings.", answer="Swarm", errors=(503,)),
    Route(
        "POST",
        "/swarm/update",
        update,
        "Change the swarm's settings.",
        query=(VERSION, *_ROTATIONS),
        body="SwarmSpec",
        errors=(501, 503),
    ),
    Route("GET", "/swarm/unlockkey", unlock_key, "The unlock key.", answer="UnlockKey", errors=(503,)),
    Route("POST", "/swarm/unlock", unlock, "Unlock this manager.", body="SwarmUnlockRequest", errors=(401, 409, 503)),
)
