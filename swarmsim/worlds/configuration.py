"""From the scenario's plan of a cluster to the simulator's configuration."""

from collections.abc import Sequence
from typing import Final

from core.codec import wire
from core.host import HostConfig
from core.ids import NodeId
from core.objects.resources import Resources
from core.raft.config import RaftConfig
from core.timing import PROFILES
from sim.disk import DiskProfile
from sim.images import Call, Catalogue, Image
from sim.links import LinkProfile
from sim.machine import MachineProfile
from sim.namesakes import namesake
from sim.topology import Topology, one_switch, racks
from sim.world import WorldConfig
from swarmsim.scenario.plan import ClusterPlan, ImagePlan, NetworkPlan

UPLINK_NS: Final = 50_000
"""One way between a rack's switch and the core's."""
LOG_TAIL_COUNT: Final = 500
"""Entries kept behind a snapshot for slow followers, unless snapshots are so frequent that it would be most of them."""


def config_of(plan: ClusterPlan, images: Sequence[ImagePlan], *, served: bool = False) -> WorldConfig:
    """A world for this cluster; its machines are added by name.

    One that is `served` keeps what containers write, and an image that is not declared does what its name promises.
    """
    timing = PROFILES[plan.timing]
    raft = RaftConfig(
        NodeId(""),  # the host fills in its own
        timing.raft,
        snapshot_entries_count=plan.snapshot_every,
        log_tail_count=min(LOG_TAIL_COUNT, plan.snapshot_every // 4),
    )
    return WorldConfig(
        link=_link(plan.network),
        topology=lambda: _topology(plan),
        machine=MachineProfile(
            resources=Resources(plan.nano_cpus, plan.memory_bytes),
            disk=DiskProfile(plan.disk.write_ns, plan.disk.sync_ns),
        ),
        images=Catalogue(tuple(_image(image) for image in images), lenient=True, fallback=namesake if served else None),
        settings=HostConfig(timing, raft),
        codec=wire if plan.wire_codec else None,
        keeps_logs=served,
    )


def _link(plan: NetworkPlan) -> LinkProfile:
    return LinkProfile(
        latency_ns=plan.latency_ns,
        jitter_ns=plan.jitter_ns,
        loss_ratio=plan.loss_ratio,
        duplicate_ratio=plan.duplicate_ratio,
        reorder_ratio=plan.reorder_ratio,
        bandwidth_bits_per_s=plan.bandwidth_bits_per_s,
    )


def _topology(plan: ClusterPlan) -> Topology:
    names = tuple(rack.name for rack in plan.racks)
    return racks(names, UPLINK_NS) if names else one_switch()


def _image(plan: ImagePlan) -> Image:
    return Image(
        plan.image,
        pull_ns=plan.pull_ns,
        start_ns=plan.start_ns,
        healthy_after_ns=plan.healthy_after_ns,
        port=plan.port,
        calls=tuple(Call(call.name, call.port) for call in plan.calls),
        service_ns=plan.service_ns,
        memory_bytes=plan.memory_bytes,
        exits_after_ns=plan.exits_after_ns,
        exit_code=plan.exit_code,
    )
