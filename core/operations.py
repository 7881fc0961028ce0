"""What a client may ask of a host, and what it may be told.

Operations on objects go to the leader, become one transaction of the store there and are answered once that is
committed and applied. `InitSwarm`, `JoinSwarm`, `LeaveSwarm` and `UnlockSwarm` concern the host that is
asked. Queries read the
store linearizably unless asked to be stale. `version` is the object's version the client last saw; a different one in
the store means "update out of sequence".
"""

from enum import Enum

from msgspec import Struct

from core.ids import Address, ClusterId, NodeId
from core.objects import StoredObject
from core.objects.cluster import ClusterSpec, JoinTokens
from core.objects.config import ConfigSpec
from core.objects.network import NetworkSpec
from core.objects.node import Availability, NodeDescription, NodeSpec
from core.objects.secret import SecretSpec
from core.objects.service import ServiceSpec


class InitSwarm(Struct, frozen=True, gc=False, tag="init"):
    """Make this host the first manager of a new swarm. Answer: the node's id.

    With `force_new_cluster`, a manager whose swarm has lost its majority for good begins it anew, as its only manager
    and with all objects that it knows of; it is then reached at `advertise`, and all else here is left as it was.
    """

    advertise: Address
    availability: Availability = Availability.ACTIVE
    default_address_pools: tuple[str, ...] = ("10.0.0.0/8",)
    subnet_prefix_length: int = 24
    data_path_port: int = 4789
    spec: ClusterSpec = ClusterSpec()
    force_new_cluster: bool = False


class JoinSwarm(Struct, frozen=True, gc=False, tag="join"):
    """Join a swarm by any of its managers; the token decides the role. Answer: the node's id."""

    advertise: Address
    remotes: tuple[Address, ...]
    token: str
    availability: Availability = Availability.ACTIVE


class LeaveSwarm(Struct, frozen=True, gc=False, tag="leave"):
    """Leave the swarm. A manager only leaves by force, or once it has been demoted."""

    force: bool = False


class UnlockSwarm(Struct, frozen=True, gc=False, tag="unlock"):
    """Unlock this manager, which has restarted in a swarm that locks its managers."""

    key: str


class CreateService(Struct, frozen=True, gc=False, tag="create-service"):
    """Answer: the new object's id, as for every Create."""

    spec: ServiceSpec


class UpdateService(Struct, frozen=True, gc=False, tag="update-service"):
    """Replace the spec of a service; with `rollback` by the one it had before, whatever `spec` says."""

    id: str
    version: int
    spec: ServiceSpec
    rollback: bool = False


class CreateNetwork(Struct, frozen=True, gc=False, tag="create-network"):
    """Declare an overlay network."""

    spec: NetworkSpec


class CreateSecret(Struct, frozen=True, gc=False, tag="create-secret"):
    """Store a secret."""

    spec: SecretSpec


class CreateConfig(Struct, frozen=True, gc=False, tag="create-config"):
    """Store a config."""

    spec: ConfigSpec


class UpdateSecret(Struct, frozen=True, gc=False, tag="update-secret"):
    """Give a secret other labels; name and data never change. Data that is left out is meant to stay."""

    id: str
    version: int
    spec: SecretSpec


class UpdateConfig(Struct, frozen=True, gc=False, tag="update-config"):
    """The same for a config."""

    id: str
    version: int
    spec: ConfigSpec


class UpdateNode(Struct, frozen=True, gc=False, tag="update-node"):
    """Replace the spec of a node: labels, availability, role (promote and demote)."""

    id: str
    version: int
    spec: NodeSpec


class UpdateCluster(Struct, frozen=True, gc=False, tag="update-cluster"):
    """Replace the cluster's spec, and the join tokens that are to be rotated: who holds an old one cannot join."""

    version: int
    spec: ClusterSpec
    rotate_worker_token: bool = False
    rotate_manager_token: bool = False
    rotate_unlock_key: bool = False
    """Without effect unless managers lock themselves."""
    secrets: tuple[bytes, ...] = ()
    """Of tokens and key. Whatever a client says, the manager that is asked puts here what its driver has drawn."""

    @property
    def needs_secrets(self) -> bool:
        """Whether fresh secrets have to be there before it can be carried out."""
        return self.rotate_worker_token or self.rotate_manager_token or self.spec.autolock_managers


class FoundSwarm(Struct, frozen=True, gc=False, tag="found"):
    """What a host asked to `InitSwarm` proposes to itself: the swarm's first objects. Answer: the node's id."""

    operation: InitSwarm
    tokens: JoinTokens
    cluster_id: ClusterId
    node_id: NodeId
    raft_id: NodeId
    description: NodeDescription
    unlock_key: str = ""


class Kind(Enum):
    """The tables of the store."""

    NODE = "node"
    SERVICE = "service"
    TASK = "task"
    NETWORK = "network"
    SECRET = "secret"
    CONFIG = "config"
    CLUSTER = "cluster"


class Remove(Struct, frozen=True, gc=False, tag="remove"):
    """Remove an object by id, exact name or id prefix. `force` only matters for nodes."""

    kind: Kind
    reference: str
    force: bool = False


class Inspect(Struct, frozen=True, gc=False, tag="inspect"):
    """Read one object by id, exact name or id prefix. Answer: the object."""

    kind: Kind
    reference: str
    stale: bool = False


class ListObjects(Struct, frozen=True, gc=False, tag="list"):
    """Read all objects of a kind. Answer: a tuple of them in order of creation."""

    kind: Kind
    stale: bool = False


Write = (
    FoundSwarm
    | CreateService
    | UpdateService
    | CreateNetwork
    | CreateSecret
    | CreateConfig
    | UpdateSecret
    | UpdateConfig
    | UpdateNode
    | UpdateCluster
    | Remove
)
Query = Inspect | ListObjects
HostOperation = InitSwarm | JoinSwarm | LeaveSwarm | UnlockSwarm
Operation = HostOperation | Write | Query


class ErrorCode(Enum):
    """Why an operation was refused; with each, the HTTP status that Docker's API has for it (swarm.md §2.1)."""

    INVALID = "invalid"  # 400
    UNAUTHENTICATED = "unauthenticated"  # 401
    FORBIDDEN = "forbidden"  # 403
    NOT_FOUND = "not-found"  # 404
    ALREADY_EXISTS = "already-exists"  # 409
    CONFLICT = "conflict"  # 409
    FAILED_PRECONDITION = "failed-precondition"  # 400
    OUT_OF_SEQUENCE = "out-of-sequence"  # 500: clients go by the text
    UNIMPLEMENTED = "unimplemented"  # 501
    UNAVAILABLE = "unavailable"  # 503


class OperationError(Struct, frozen=True, gc=False, tag="error"):
    """A refusal by the swarm's rules: the text names the bad thing and what to do."""

    code: ErrorCode
    message: str


Answer = str | StoredObject | tuple[StoredObject, ...] | None
"""What a successful operation returns."""
