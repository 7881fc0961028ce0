"""A deployment's operations, carried out through the API.

The machine that deploys a stack (`core.compose.deployment`) speaks the core's operations; here each becomes a request,
and what the daemon answers becomes the core's answer. Specs go through the codecs that the API itself has.
"""

from collections.abc import Callable
from typing import Any, Final

from core.codec.docker.config import CONFIG_SPEC, decode_config_spec
from core.codec.docker.network import NETWORK_REQUEST, VNI_OPTION, decode_network_request
from core.codec.docker.secret import SECRET_SPEC, decode_secret_spec
from core.codec.docker.service import SERVICE_SPEC, decode_service_spec
from core.ids import ConfigId, NetworkId, SecretId, ServiceId
from core.objects import StoredObject
from core.objects.config import Config
from core.objects.network import Network
from core.objects.secret import Secret
from core.objects.service import Service
from core.operations import (
    Answer,
    CreateConfig,
    CreateNetwork,
    CreateSecret,
    CreateService,
    ErrorCode,
    Kind,
    ListObjects,
    Operation,
    OperationError,
    Remove,
    UpdateConfig,
    UpdateSecret,
    UpdateService,
)
from swarmsim.cli.docker.client import Daemon, Json, Refused

_SWARM: Final = "swarm"
_PLACES: Final = {
    Kind.NETWORK: "/networks",
    Kind.SECRET: "/secrets",
    Kind.CONFIG: "/configs",
    Kind.SERVICE: "/services",
}
_CODES: Final = {
    400: ErrorCode.INVALID,
    401: ErrorCode.UNAUTHENTICATED,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    409: ErrorCode.ALREADY_EXISTS,
    501: ErrorCode.UNIMPLEMENTED,
    503: ErrorCode.UNAVAILABLE,
}
_OUT_OF_SEQUENCE: Final = "out of sequence"


def carry_out(daemon: Daemon, operation: Operation) -> Answer | OperationError:
    """What the swarm answers. Raises DaemonError if nobody does."""
    try:
        return _REQUESTS[type(operation)](daemon, operation)
    except Refused as refused:
        if _OUT_OF_SEQUENCE in refused.message:
            return OperationError(ErrorCode.OUT_OF_SEQUENCE, refused.message)
        return OperationError(_CODES.get(refused.status, ErrorCode.INVALID), refused.message)


def _list(daemon: Daemon, operation: ListObjects) -> Answer:
    found = daemon.get(_PLACES[operation.kind])
    if operation.kind is Kind.NETWORK:
        found = [network for network in found if network["Scope"] == _SWARM]
    return tuple(_STORED[operation.kind](body) for body in found)


def _remove(daemon: Daemon, operation: Remove) -> Answer:
    daemon.delete(f"{_PLACES[operation.kind]}/{operation.reference}")
    return None


def _creator(kind: Kind, encode: Callable[[Any], Json], id_name: str = "ID") -> Callable[[Daemon, Any], Answer]:
    def create(daemon: Daemon, operation: Any) -> Answer:
        return str(daemon.post(f"{_PLACES[kind]}/create", encode(operation.spec))[id_name])

    return create


def _updater(kind: Kind, encode: Callable[[Any], Json]) -> Callable[[Daemon, Any], Answer]:
    def update(daemon: Daemon, operation: Any) -> Answer:
        daemon.post(f"{_PLACES[kind]}/{operation.id}/update", encode(operation.spec), version=operation.version)
        return None

    return update


def _network(body: Json) -> Network:
    options = {key: value for key, value in (body.get("Options") or {}).items() if key != VNI_OPTION}
    return Network(NetworkId(body["Id"]), decode_network_request({**body, "Options": options}))


def _secret(body: Json) -> Secret:
    return Secret(SecretId(body["ID"]), decode_secret_spec(body["Spec"]), version=body["Version"]["Index"])


def _config(body: Json) -> Config:
    return Config(ConfigId(body["ID"]), decode_config_spec(body["Spec"]), version=body["Version"]["Index"])


def _service(body: Json) -> Service:
    return Service(ServiceId(body["ID"]), decode_service_spec(body["Spec"]), version=body["Version"]["Index"])


_STORED: Final[dict[Kind, Callable[[Json], StoredObject]]] = {
    Kind.NETWORK: _network,
    Kind.SECRET: _secret,
    Kind.CONFIG: _config,
    Kind.SERVICE: _service,
}
_REQUESTS: Final[dict[type, Callable[[Daemon, Any], Answer]]] = {
    ListObjects: _list,
    Remove: _remove,
    CreateNetwork: _creator(Kind.NETWORK, NETWORK_REQUEST.write, "Id"),
    CreateSecret: _creator(Kind.SECRET, SECRET_SPEC.write),
    CreateConfig: _creator(Kind.CONFIG, CONFIG_SPEC.write),
    CreateService: _creator(Kind.SERVICE, SERVICE_SPEC.write),
    UpdateSecret: _updater(Kind.SECRET, SECRET_SPEC.write),
    UpdateConfig: _updater(Kind.CONFIG, CONFIG_SPEC.write),
    UpdateService: _updater(Kind.SERVICE, SERVICE_SPEC.write),
}
