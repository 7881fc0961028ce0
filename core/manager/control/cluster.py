"""Updating the cluster's settings, and rotating its join tokens and the key that unlocks managers."""

from random import Random

from msgspec.structs import replace

from core.manager.control.refusal import invalid, out_of_sequence
from core.manager.draft import Draft
from core.objects.cluster import ClusterSpec, JoinTokens
from core.operations import UpdateCluster
from core.tokens import renewed
from core.unlock_key import unlock_key


def update_cluster(draft: Draft, operation: UpdateCluster, rng: Random) -> None:
    """Replace the spec, and the secrets that are to be rotated; address pools stay."""
    cluster = draft.head.cluster
    assert cluster is not None, "a swarm's first log entry creates its cluster"
    spec = operation.spec
    if cluster.version != operation.version:
        raise out_of_sequence()
    check_cluster_spec(spec)
    if operation.needs_secrets:
        worker, manager, unlock = operation.secrets
        cluster = replace(
            cluster,
            tokens=_rotated_tokens(cluster.tokens, operation, worker, manager),
            unlock_key=_unlock_key(cluster.unlock_key, operation, unlock),
        )
    draft.update(replace(cluster, spec=spec, unlock_key=cluster.unlock_key if spec.autolock_managers else ""))


def check_cluster_spec(spec: ClusterSpec) -> None:
    """Refuse settings that are unsound."""
    if spec.name != "default":
        raise invalid(f"the cluster's name must be default, not {spec.name}")
    if spec.snapshot_interval < 1 or spec.log_entries_for_slow_followers < 0 or spec.heartbeat_period_ns < 0:
        raise invalid("snapshot interval, log entries for slow followers and heartbeat period cannot be negative")


def _unlock_key(present: str, operation: UpdateCluster, secret: bytes) -> str:
    return present if present and not operation.rotate_unlock_key else unlock_key(secret)


def _rotated_tokens(tokens: JoinTokens, operation: UpdateCluster, worker: bytes, manager: bytes) -> JoinTokens:
    return JoinTokens(
        worker=renewed(tokens.worker, worker) if operation.rotate_worker_token else tokens.worker,
        manager=renewed(tokens.manager, manager) if operation.rotate_manager_token else tokens.manager,
    )
