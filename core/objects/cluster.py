"""The cluster itself: settings that hold for all, and the tokens that let hosts join."""

from msgspec import Struct

from core.ids import ClusterId, NodeId

REMEMBERED_REMOVALS = 1_000


class ClusterSpec(Struct, frozen=True, gc=False):
    """Settings an operator may change (`docker swarm update`)."""

    name: str = "default"
    labels: dict[str, str] = {}
    task_history_limit: int = 5
    """Tasks kept per slot, the running one included; negative keeps all."""
    snapshot_interval: int = 10_000
    """Log entries between snapshots."""
    log_entries_for_slow_followers: int = 500
    heartbeat_period_ns: int = 0
    """Dispatcher heartbeat; 0 takes the timing profile's."""
    autolock_managers: bool = False
    """Whether a manager that restarts waits for the unlock key before it takes part in anything."""
    unsupported: str = ""
    """What Docker knows of it and has no effect here, kept to be shown as it was sent (`core.codec.docker`)."""


class JoinTokens(Struct, frozen=True, gc=False):
    """Whoever shows one of these joins with that role."""

    worker: str = ""
    manager: str = ""


class Cluster(Struct, frozen=True, gc=False, tag="cluster"):
    """There is exactly one. Address pools are set at `init` and never change."""

    id: ClusterId
    spec: ClusterSpec = ClusterSpec()
    tokens: JoinTokens = JoinTokens()
    unlock_key: str = ""
    """What unlocks managers (`core.unlock_key`); empty unless they lock themselves."""
    default_address_pools: tuple[str, ...] = ("10.0.0.0/8",)
    subnet_prefix_length: int = 24
    data_path_port: int = 4789
    removed_nodes: tuple[NodeId, ...] = ()
    """The last `REMEMBERED_REMOVALS` nodes removed: a delayed request to join must not bring one back."""
    version: int = 0
    created_at: int = 0
    updated_at: int = 0
