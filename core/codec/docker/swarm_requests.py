"""What a host is asked about its membership: init, join, unlock.

Addresses stay as the client wrote them (a name of an interface, an address with or without a port, or nothing): which
address a host advertises, its driver finds out.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.codec.docker.cluster import SWARM_SPEC
from core.codec.docker.kinds import COUNT, TEXT, TEXTS, TRUTH, word
from core.codec.docker.tables import Field, Table
from core.document import Value
from core.ids import Address
from core.objects.cluster import ClusterSpec
from core.objects.node import Availability
from core.operations import InitSwarm, JoinSwarm, UnlockSwarm

_AVAILABILITY: Final = word(Availability)


class InitRequest(Struct, frozen=True, gc=False):
    """The body of POST /swarm/init."""

    listen_address: str = ""
    advertise_address: str = ""
    data_path_address: str = ""
    data_path_port: int = 4789
    default_address_pools: tuple[str, ...] = ("10.0.0.0/8",)
    subnet_prefix_length: int = 24
    force_new_cluster: bool = False
    availability: Availability = Availability.ACTIVE
    spec: ClusterSpec = ClusterSpec()
    autolock_managers: bool = False
    """As in `spec`; clients say it in either place."""

    def operation(self, advertise: Address) -> InitSwarm:
        """The same, with what has become of its addresses."""
        return InitSwarm(
            advertise=advertise,
            availability=self.availability,
            default_address_pools=self.default_address_pools,
            subnet_prefix_length=self.subnet_prefix_length,
            data_path_port=self.data_path_port,
            spec=replace(self.spec, autolock_managers=self.autolock_managers or self.spec.autolock_managers),
            force_new_cluster=self.force_new_cluster,
        )


class JoinRequest(Struct, frozen=True, gc=False):
    """The body of POST /swarm/join."""

    listen_address: str = ""
    advertise_address: str = ""
    data_path_address: str = ""
    remotes: tuple[str, ...] = ()
    token: str = ""
    availability: Availability = Availability.ACTIVE

    def operation(self, advertise: Address, remotes: tuple[Address, ...]) -> JoinSwarm:
        """The same, with what has become of its addresses."""
        return JoinSwarm(advertise, remotes, self.token, self.availability)


_ADDRESSES: Final = (
    Field("ListenAddr", "listen_address", TEXT),
    Field("AdvertiseAddr", "advertise_address", TEXT),
    Field("DataPathAddr", "data_path_address", TEXT),
)
INIT: Final = Table(
    InitRequest,
    *_ADDRESSES,
    Field("DataPathPort", "data_path_port", COUNT),
    Field("DefaultAddrPool", "default_address_pools", TEXTS),
    Field("SubnetSize", "subnet_prefix_length", COUNT),
    Field("ForceNewCluster", "force_new_cluster", TRUTH),
    Field("Availability", "availability", _AVAILABILITY),
    Field("Spec", "spec", SWARM_SPEC.kind()),
    Field("AutoLockManagers", "autolock_managers", TRUTH),
)
JOIN: Final = Table(
    JoinRequest,
    *_ADDRESSES,
    Field("RemoteAddrs", "remotes", TEXTS),
    Field("JoinToken", "token", TEXT),
    Field("Availability", "availability", _AVAILABILITY),
)
UNLOCK: Final = Table(UnlockSwarm, Field("UnlockKey", "key", TEXT, absent=""))


def decode_init_request(body: object) -> InitRequest:
    """The body of POST /swarm/init."""
    return INIT.read(Value("", body))


def decode_join_request(body: object) -> JoinRequest:
    """The body of POST /swarm/join."""
    return JOIN.read(Value("", body))


def decode_unlock_request(body: object) -> UnlockSwarm:
    """The body of POST /swarm/unlock."""
    return UNLOCK.read(Value("", body))
