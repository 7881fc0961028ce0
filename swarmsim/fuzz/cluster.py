"""Draws what a schedule is played on: a cluster, its network and disks, and the clients that write and ask."""

from msgspec.structs import replace

from swarmsim.fuzz.basis import Basis
from swarmsim.scenario.plan import ClusterPlan, DiskPlan, NetworkPlan, NodeLabels, TrafficPlan, WriterPlan


def draw_cluster(basis: Basis) -> ClusterPlan:
    """Its machines by their number, and how good its network and disks are."""
    rng = basis.rng
    bad = rng.random() < 0.3
    return ClusterPlan(
        manager_count=basis.manager_count,
        worker_count=basis.worker_count,
        timing=basis.profile.timing.name,
        network=NetworkPlan(
            latency_ns=rng.choice((100, 250, 1000, 5000)) * 1000,
            jitter_ns=rng.choice((0, 50, 90)) * 1000,
            loss_ratio=rng.choice((0.001, 0.01, 0.05)) if bad else 0.0,
            duplicate_ratio=rng.choice((0.0, 0.01, 0.05)) if bad else 0.0,
            reorder_ratio=rng.choice((0.0, 0.01, 0.05)) if bad else 0.0,
        ),
        racks=basis.racks,
        labels=_zones(basis),
        disk=DiskPlan(write_ns=20_000, sync_ns=rng.choice((100, 500, 2_000, 10_000, 50_000, 150_000)) * 1000),
        snapshot_every=rng.choice((8, 40, 200, 10_000)),
        wire_codec=rng.random() < 0.1,
    )


def _zones(basis: Basis) -> tuple[NodeLabels, ...]:
    zones = basis.profile.stack.zones if basis.profile.stack is not None else ()
    hosts = [*basis.managers, *basis.workers] if zones else []
    return tuple(NodeLabels(host, {"zone": zones[place % len(zones)]}) for place, host in enumerate(hosts))


def draw_writers(basis: Basis) -> tuple[WriterPlan, ...]:
    """One to three clients of the swarm's own store."""
    rng = basis.rng
    return tuple(
        WriterPlan(
            f"writer-{number}",
            rate_per_s=rng.choice((2, 5, 10, 20)) / basis.profile.pace,
            read_rate_per_s=rng.choice((1, 5, 10)) / basis.profile.pace,
            value_bytes=rng.choice((16, 128, 4096)),
        )
        for number in range(1, rng.randint(1, 3) + 1)
    )


def draw_traffic(basis: Basis) -> tuple[TrafficPlan, ...]:
    """The clients of what is deployed, if anything is."""
    if basis.profile.stack is None:
        return ()
    rate_per_s = basis.rng.choice((5, 20, 50)) / basis.profile.pace
    return (replace(basis.profile.stack.clients, rate_per_s=rate_per_s),)
