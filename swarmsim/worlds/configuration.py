"""From the scenario's plan of a cluster to the simulator's configuration, and from a step to the simulator's fault."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from core.codec import wire
from core.ids import NodeId
from core.membership import HostConfig
from core.objects.resources import Resources
from core.raft.config import RaftConfig
from core.timing import PROFILES
from sim import faults
from sim.disk import DiskProfile
from sim.images import Call, Catalogue, Image
from sim.links import LinkProfile
from sim.machine import MachineProfile
from sim.topology import CORE, Topology, one_switch, racks
from sim.world import WorldConfig
from swarmsim.scenario.plan import ClusterPlan, ImagePlan, NetworkPlan
from swarmsim.scenario.steps import Action, BreakCable, verb_of
from swarmsim.scenario.targets import Link, names_in

UPLINK_NS: Final = 50_000
"""One way between a rack's switch and the core's."""
LOG_TAIL_COUNT: Final = 500
"""Entries kept behind a snapshot for slow followers, unless snapshots are so frequent that it would be most of them."""

FAULTS: Final[dict[str, type[Any]]] = {str(fault.__struct_config__.tag): fault for fault in get_args(faults.Fault)}
"""By the word that scenarios use for them too."""


def config_of(plan: ClusterPlan, images: Sequence[ImagePlan]) -> WorldConfig:
    """A world for this cluster; its machines are added by name."""
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
        images=Catalogue(tuple(_image(image) for image in images), lenient=True),
        settings=HostConfig(timing, raft),
        codec=wire if plan.wire_codec else None,
    )


def faults_of(action: Action, rack_of: Mapping[str, str]) -> tuple[faults.Fault, ...]:
    """What befalls the simulator: one fault of the same word, but for cables, of which each rack has one."""
    if isinstance(action, BreakCable):
        racks_hit = dict.fromkeys(rack_of[host] for host in names_in(action.hosts) if rack_of[host])
        return tuple(faults.BreakCable(CORE, rack) for rack in racks_hit)
    return (fault_of(action),)


def fault_of(action: Action) -> faults.Fault:
    """The simulator's fault of the same word: its fields have the same names, a link's two ends a field each."""
    fields: dict[str, Any] = {}
    for name in action.__struct_fields__:
        value = getattr(action, name)
        if isinstance(value, Link):
            fields |= {"first": names_in(value.first), "second": names_in(value.second)}
        elif name != "link":
            fields[name] = _plain(value)
    fault: faults.Fault = FAULTS[verb_of(action)](**fields)
    return fault


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(names_in(part) for part in value)
    return value if isinstance(value, int | float) else names_in(value)


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
