"""What keeps a task off a node, in swarmkit's order: the first filter that fails is the reason that is told.

A filter is made for one task and asked about many nodes; one that has nothing to ask is left out of the pipeline.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from core.manager.placement.constraints import parse_constraints, test_of
from core.manager.scheduler.node_info import NodeInfo, load_of
from core.objects.resources import Platform
from core.objects.task import Mount, Task

Check = Callable[[NodeInfo], bool]


class Filter(Protocol):
    """One reason why a node may not do."""

    def check_for(self, task: Task) -> Check | None:
        """The question to ask of nodes for this task; None if any node will do."""

    def explain(self, count: int) -> str:
        """Why `count` nodes would not do, in Docker's words."""


class ReadyFilter:
    """Nodes that are up and take tasks."""

    def check_for(self, task: Task) -> Check | None:
        return lambda info: info.ready

    def explain(self, count: int) -> str:
        return f"{_nodes(count)} not available for new tasks"


class ResourceFilter:
    """Nodes with enough CPU and memory that is not reserved."""

    def check_for(self, task: Task) -> Check | None:
        nano_cpus, memory_bytes = task.spec.reservations.nano_cpus, task.spec.reservations.memory_bytes
        if not nano_cpus and not memory_bytes:
            return None
        return lambda info: nano_cpus <= info.free_nano_cpus and memory_bytes <= info.free_memory_bytes

    def explain(self, count: int) -> str:
        return f"insufficient resources on {_nodes(count)}"


class PluginFilter:
    """Nodes with the log and volume drivers the task names; a node that lists none of a type is not asked."""

    def check_for(self, task: Task) -> Check | None:
        mounts = task.spec.container.mounts
        needed = [("Volume", mount.options["volume-driver"]) for mount in mounts if _has_driver(mount)]
        if task.spec.log_driver is not None and task.spec.log_driver.name not in ("", "none"):
            needed.append(("Log", task.spec.log_driver.name))
        if not needed:
            return None
        return lambda info: all(_offers(info.node.description.plugins, *plugin) for plugin in needed)

    def explain(self, count: int) -> str:
        return f"missing plugin on {_nodes(count)}"


class ConstraintFilter:
    """Nodes that meet the placement constraints."""

    def check_for(self, task: Task) -> Check | None:
        if not task.spec.placement.constraints:
            return None
        tests = [test_of(each) for each in parse_constraints(task.spec.placement.constraints)]
        if len(tests) == 1:
            (test,) = tests
            return lambda info: test(info.node)
        return lambda info: all(test(info.node) for test in tests)

    def explain(self, count: int) -> str:
        return f"scheduling constraints not satisfied on {_nodes(count)}"


class PlatformFilter:
    """Nodes of one of the platforms the image was built for."""

    def check_for(self, task: Task) -> Check | None:
        platforms = task.spec.placement.platforms
        if not platforms:
            return None
        return lambda info: any(_runs_on(wanted, info.node.description.platform) for wanted in platforms)

    def explain(self, count: int) -> str:
        return f"unsupported platform on {_nodes(count)}"


class HostPortFilter:
    """Nodes on which no other task has the task's host-mode ports."""

    def check_for(self, task: Task) -> Check | None:
        ports = load_of(task).host_ports
        if not ports:
            return None
        return lambda info: not any(port in info.host_ports for port in ports)

    def explain(self, count: int) -> str:
        return f"host-mode port already in use on {_nodes(count)}"


class MaxReplicasFilter:
    """Nodes with fewer tasks of the service than it allows per node."""

    def check_for(self, task: Task) -> Check | None:
        limit, service_id = task.spec.placement.max_replicas, task.service_id
        if not limit:
            return None
        return lambda info: info.active_by_service.get(service_id, 0) < limit

    def explain(self, count: int) -> str:
        return "max replicas per node limit exceed"


FILTERS: tuple[Filter, ...] = (
    ReadyFilter(),
    ResourceFilter(),
    PluginFilter(),
    ConstraintFilter(),
    PlatformFilter(),
    HostPortFilter(),
    MaxReplicasFilter(),
)


class Pipeline:
    """The filters that have something to ask for one task's template."""

    __slots__ = ("_checks", "_explains", "_template", "look_count")

    def __init__(self, task: Task, filters: tuple[Filter, ...] = FILTERS) -> None:
        asked = [(check, part.explain) for part in filters if (check := part.check_for(task)) is not None]
        self._checks = [check for check, _ in asked]
        self._explains = [explain for _, explain in asked]
        self._template = (task.service_id, task.spec, task.endpoint)
        self.look_count = 0
        """How often a node was put to the filters."""

    def is_for(self, task: Task) -> bool:
        """Whether the task's template is the one that this was made for."""
        return self._template == (task.service_id, task.spec, task.endpoint)

    def passes(self, info: NodeInfo) -> bool:
        """Whether the task may run there now."""
        self.look_count += 1
        for check in self._checks:  # noqa: SIM110  (a generator would cost as much again)
            if not check(info):
                return False
        return True

    def failure(self, info: NodeInfo) -> int | None:
        """Which filter is the first that the node fails, as `explain` counts them."""
        self.look_count += 1
        for position, check in enumerate(self._checks):
            if not check(info):
                return position
        return None

    def explain(self, counts: Mapping[int, int]) -> str:
        """Why none will do of the nodes that failed these filters so many times: most frequent first."""
        order = sorted((position for position in counts if counts[position]), key=lambda each: (-counts[each], each))
        reasons = "; ".join(self._explains[position](counts[position]) for position in order)
        return f"no suitable node ({reasons})" if reasons else "no suitable node"


def _nodes(count: int) -> str:
    return "1 node" if count == 1 else f"{count} nodes"


def _has_driver(mount: Mount) -> bool:
    return mount.kind == "volume" and mount.options.get("volume-driver", "local") != "local"


def _offers(plugins: tuple[tuple[str, str], ...], kind: str, name: str) -> bool:
    offered = [plugin for plugin_kind, plugin in plugins if plugin_kind == kind]
    return not offered or name in offered or f"{name}:latest" in offered


_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def _runs_on(wanted: Platform, offered: Platform) -> bool:
    """Whether the names mean the same platform; empty ones mean any."""
    same_os = not wanted.os or wanted.os.lower() == offered.os.lower()
    return same_os and (not wanted.architecture or _architecture(wanted) == _architecture(offered))


def _architecture(platform: Platform) -> str:
    return _ARCHITECTURES.get(platform.architecture, platform.architecture)
