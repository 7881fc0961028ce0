"""The cluster: its settings, and `Cluster` to Docker's `ClusterInfo` and `Swarm`.

There is no certificate authority here. A signing key in the settings is read over: it must not be kept, nor shown; who
asks for one to be used, or for certificates to be rotated, can be told (`asks_for_authority`).
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, structs

from core import json_schema
from core.codec.docker.kept import Kept, kept_in
from core.codec.docker.kinds import COUNT, INTEGER, LABELS, NAME, TEXT, TRUTH, Object
from core.codec.docker.schemas import META, named
from core.codec.docker.tables import Field, Section, Table
from core.codec.docker.times import meta
from core.document import Value
from core.json_schema import WHOLE, Schema, listed, shape
from core.objects.cluster import Cluster, ClusterSpec

_ROTATION: Final = "CAConfig.ForceRotate"

SWARM_SPEC: Final = Table(
    ClusterSpec,
    Field("Name", "name", NAME),
    Field("Labels", "labels", LABELS, always=True),
    Field("Orchestration.TaskHistoryRetentionLimit", "task_history_limit", INTEGER, always=True),
    Field("Raft.SnapshotInterval", "snapshot_interval", COUNT),
    Kept("Raft.KeepOldSnapshots", usual=0),
    Field("Raft.LogEntriesForSlowFollowers", "log_entries_for_slow_followers", COUNT),
    Kept("Raft.ElectionTick", usual=10),
    Kept("Raft.HeartbeatTick", usual=1),
    Section("Dispatcher"),
    Field("Dispatcher.HeartbeatPeriod", "heartbeat_period_ns", COUNT),
    Section("CAConfig"),
    Kept("CAConfig.NodeCertExpiry"),
    Kept("CAConfig.ExternalCAs"),
    Kept(_ROTATION),
    Section("TaskDefaults"),
    Kept("TaskDefaults.LogDriver"),
    Field("EncryptionConfig.AutoLockManagers", "autolock_managers", TRUTH, always=True),
)


class _Authority(Struct, frozen=True):
    """What is for a certificate authority to do; certificates are rotated when the count is another one."""

    rotation_count: int = 0
    certificate: str = ""
    key: str = ""


_AUTHORITY: Final = Table(
    _Authority,
    Field(_ROTATION, "rotation_count", INTEGER),
    Field("CAConfig.SigningCACert", "certificate", TEXT),
    Field("CAConfig.SigningCAKey", "key", TEXT),
)

_CLUSTER: Final[Mapping[str, Schema]] = {
    "ID": json_schema.TEXT,
    **META,
    "Spec": named("SwarmSpec"),
    "TLSInfo": shape({}),
    "RootRotationInProgress": json_schema.TRUTH,
    "DefaultAddrPool": listed(json_schema.TEXT),
    "SubnetSize": WHOLE,
    "DataPathPort": WHOLE,
}
CLUSTER_INFO: Final = shape(_CLUSTER)
SWARM: Final = shape({**_CLUSTER, "JoinTokens": shape({"Worker": json_schema.TEXT, "Manager": json_schema.TEXT})})


def decode_swarm_spec(body: object, current: ClusterSpec) -> ClusterSpec:
    """The body of POST /swarm/update: what it leaves out, or sets to zero, stays as it is in `current`."""
    return SWARM_SPEC.read_over(Value("", body), structs.asdict(current))


def asks_for_authority(body: object, current: ClusterSpec) -> bool:
    """Whether the body of POST /swarm/update would have certificates rotated, or signed by another authority."""
    asked = _AUTHORITY.read(Value("", body))
    rotates = asked.rotation_count not in (0, kept_in(current).get(_ROTATION, 0))
    return rotates or bool(asked.certificate or asked.key)


def encode_cluster_info(cluster: Cluster) -> Object:
    """The cluster in an answer of GET /info: anyone may know it, so it holds no tokens."""
    return {
        "ID": cluster.id,
        **meta(cluster.version, cluster.created_at, cluster.updated_at),
        "Spec": SWARM_SPEC.write(cluster.spec),
        "TLSInfo": {},
        "RootRotationInProgress": False,
        "DefaultAddrPool": list(cluster.default_address_pools),
        "SubnetSize": cluster.subnet_prefix_length,
        "DataPathPort": cluster.data_path_port,
    }


def encode_swarm(cluster: Cluster) -> Object:
    """The answer of GET /swarm."""
    tokens = {"Worker": cluster.tokens.worker, "Manager": cluster.tokens.manager}
    return {**encode_cluster_info(cluster), "JoinTokens": tokens}
