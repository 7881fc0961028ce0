"""`GET /info`: what this host is, and what it knows of its swarm without asking anybody."""

from collections.abc import Sequence
from typing import Final

from core.codec.docker.cluster import encode_cluster_info
from core.codec.docker.times import rfc3339
from core.objects.cluster import Cluster
from core.phases import HostPhase
from core.store import Store
from swarmsim.api.call import Call, Json
from swarmsim.api.engine.description import ENGINE
from swarmsim.api.host import ApiHost
from swarmsim.api.route import Route
from swarmsim.containers import EngineContainer, EngineError
from swarmsim.world import HostStatus

LOCAL_STATE: Final = {
    HostPhase.INACTIVE: "inactive",
    HostPhase.JOINING: "pending",
    HostPhase.WORKER: "active",
    HostPhase.MANAGER: "active",
    HostPhase.LOCKED: "locked",
    HostPhase.LEAVING: "inactive",
}
"""`LocalNodeState`, and what the header `Swarm` begins with."""
_TWO_MANAGERS: Final = (
    "WARNING: Running Swarm in a two-manager configuration. This configuration provides no fault tolerance, and poses "
    "a high risk to lose control over the cluster: add a manager, or demote one."
)


async def info(call: Call) -> Json:
    """The host, its engine, and its swarm."""
    host = call.host
    containers, image_count = _counted(host)
    running = sum(container.state.running for container in containers)
    description = host.world.description(host.name)
    return {
        "ID": host.name,
        "Name": description.hostname,
        "ServerVersion": ENGINE.version,
        "Containers": len(containers),
        "ContainersRunning": running,
        "ContainersPaused": 0,
        "ContainersStopped": len(containers) - running,
        "Images": image_count,
        "Driver": "simulated",
        "DriverStatus": [],
        "Plugins": {
            "Volume": ["local"],
            "Network": ["bridge", "host", "null", "overlay"],
            "Authorization": None,
            "Log": ["json-file"],
        },
        "MemoryLimit": True,
        "SwapLimit": True,
        "CpuCfsPeriod": True,
        "CpuCfsQuota": True,
        "PidsLimit": True,
        "IPv4Forwarding": True,
        "Debug": False,
        "SystemTime": rfc3339(host.world.wall_ns(host.name)),
        "LoggingDriver": "json-file",
        "CgroupDriver": "none",
        "KernelVersion": ENGINE.kernel,
        "OperatingSystem": ENGINE.operating_system,
        "OSType": description.platform.os,
        "OSVersion": "",
        "Architecture": description.platform.architecture,
        "NCPU": description.resources.nano_cpus // 1_000_000_000,
        "MemTotal": description.resources.memory_bytes,
        "IndexServerAddress": "",
        "RegistryConfig": None,
        "DockerRootDir": "",
        "Labels": [],
        "ExperimentalBuild": False,
        "Runtimes": {},
        "DefaultRuntime": "",
        "LiveRestoreEnabled": True,
        "Isolation": "",
        "InitBinary": "",
        "SecurityOptions": [],
        "Warnings": [],
        "Swarm": swarm_of(host),
    }


def _counted(host: ApiHost) -> tuple[Sequence[EngineContainer], int]:
    """The containers and how many images; none of an engine that does not answer, so that the rest is told."""
    engine = host.world.engine(host.name)
    try:
        return engine.containers(), len(engine.images())
    except EngineError:
        return (), 0


def swarm_of(host: ApiHost) -> Json:
    """The part on the swarm: a worker knows no more than its managers' addresses.

    A manager that has just joined is one before it has heard what its swarm is: clients ask what they became.
    """
    status, store = host.status, host.store
    is_manager = status.phase is HostPhase.MANAGER
    found = {
        "NodeID": status.node_id,
        "NodeAddr": host.world.address(host.name).rpartition(":")[0] if status.node_id else "",
        "LocalNodeState": LOCAL_STATE[status.phase],
        "ControlAvailable": is_manager,
        "Error": "",
        "RemoteManagers": _managers(status),
    }
    if is_manager and store is not None and store.cluster is not None:
        found |= _as_manager(store, store.cluster)
    return found


def _managers(status: HostStatus) -> Json:
    return [{"NodeID": node_id, "Addr": address} for node_id, address in status.managers] or None


def _as_manager(store: Store, cluster: Cluster) -> dict[str, Json]:
    manager_count = sum(node.manager is not None for node in store.nodes.values())
    found = {
        "Nodes": len(store.nodes),
        "Managers": manager_count,
        "Cluster": encode_cluster_info(cluster),
    }
    if manager_count == 2:
        found["Warnings"] = [_TWO_MANAGERS]
    return found


ROUTES: Final = (Route("GET", "/info", info, "What this host is, and its swarm.", answer="SystemInfo"),)
