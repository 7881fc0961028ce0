"""Updating the cluster's settings, and rotating its join tokens."""

from random import Random

from msgspec.structs import replace

from core.manager.control.refusal import invalid, out_of_sequence
from core.manager.draft import Draft
from core.objects.cluster import JoinTokens
from core.operations import UpdateCluster
from core.tokens import renewed


def update_cluster(draft: Draft, operation: UpdateCluster, rng: Random) -> None:
    """Replace the spec, and the tokens that are to be rotated; address pools stay."""
    cluster = draft.head.cluster
    assert cluster is not None, "a swarm's first log entry creates its cluster"
    spec = operation.spec
    if cluster.version != operation.version:
        raise out_of_sequence()
    if spec.name != "default":
        raise invalid(f"the cluster's name must be default, not {spec.name}")
    if spec.autolock_managers:
        raise invalid("autolock is not supported yet")
    if spec.snapshot_interval < 1 or spec.log_entries_for_slow_followers < 0 or spec.heartbeat_period_ns < 0:
        raise invalid("snapshot interval, log entries for slow followers and heartbeat period cannot be negative")
    draft.update(replace(cluster, spec=spec, tokens=_rotated(cluster.tokens, operation)))


def _rotated(tokens: JoinTokens, operation: UpdateCluster) -> JoinTokens:
    if not operation.needs_secrets:
        return tokens
    worker, manager = operation.secrets
    return JoinTokens(
        worker=renewed(tokens.worker, worker) if operation.rotate_worker_token else tokens.worker,
        manager=renewed(tokens.manager, manager) if operation.rotate_manager_token else tokens.manager,
    )
