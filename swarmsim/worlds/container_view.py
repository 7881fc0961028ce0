"""A simulated container as its engine shows it."""

from collections.abc import Callable, Mapping
from typing import Final

from core.events import ContainerPhase
from core.mesh.routes import NetworkRoute
from core.objects.network import NetworkAttachment
from core.objects.task import Task
from sim.container import Container, TaskContainer
from sim.file_system import SEARCH_PATH
from sim.machine import Machine
from swarmsim.containers import Attachment, ContainerState, EngineContainer, Health, Status
from swarmsim.worlds.simulated_images import digest_of, tagged

_HEALTH: Final = {
    ContainerPhase.STARTED: Health.STARTING,
    ContainerPhase.HEALTHY: Health.HEALTHY,
    ContainerPhase.UNHEALTHY: Health.UNHEALTHY,
}
_OUT_OF_MEMORY: Final = "out of memory"


def view(
    container: Container, machine: Machine, wall_at: Callable[[int], int], *, auto_remove: bool = False
) -> EngineContainer:
    """As it is now; `wall_at` turns world times into the machine's."""
    task = container.task if isinstance(container, TaskContainer) else None
    return EngineContainer(
        id=container.id,
        name=container.name if task is None else f"{container.name}.{task.id}",
        created_at=wall_at(container.created_at),
        spec=container.spec,
        image_id=digest_of(container.spec.image),
        argv=container.argv or (_program(container.spec.image),),
        environment=(f"PATH={SEARCH_PATH}", *container.spec.env),
        hostname=container.hostname,
        labels=container.spec.labels
        if task is None
        else {**container.spec.labels, **_swarm_labels(container.name, task)},
        state=_state(container, wall_at),
        asked_ports=container.asked_ports,
        ports=container.ports,
        attachments=() if task is None else tuple(_attachment(machine, each) for each in task.attachments),
        memory_limit_bytes=container.memory_limit_bytes,
        task_id=None if task is None else task.id,
        auto_remove=auto_remove,
    )


def _program(image: str) -> str:
    """What the image's own program goes by."""
    return tagged(image).rpartition(":")[0].rpartition("/")[2]


def _swarm_labels(name: str, task: Task) -> Mapping[str, str]:
    return {
        "com.docker.swarm.node.id": task.node_id,
        "com.docker.swarm.service.id": task.service_id,
        "com.docker.swarm.service.name": task.service_name,
        "com.docker.swarm.task": "",
        "com.docker.swarm.task.id": task.id,
        "com.docker.swarm.task.name": f"{name}.{task.id}",
    }


def _state(container: Container, wall_at: Callable[[int], int]) -> ContainerState:
    if not container.began_at:
        return ContainerState(Status.CREATED)
    started_at = wall_at(container.began_at)
    health = _HEALTH.get(container.phase, Health.STARTING) if container.has_health_check else Health.NONE
    if container.running:
        streak = container.probing.failing_streak if container.probing is not None else 0
        return ContainerState(
            Status.RUNNING, container.pid, started_at=started_at, health=health, failing_streak=streak
        )
    return ContainerState(
        Status.EXITED,
        exit_code=container.exit_code or 0,
        error=container.err,
        out_of_memory=_OUT_OF_MEMORY in container.err,
        started_at=started_at,
        finished_at=wall_at(container.ended_at),
        health=Health.UNHEALTHY if container.has_health_check else Health.NONE,
    )


def _attachment(machine: Machine, attachment: NetworkAttachment) -> Attachment:
    route = machine.data_plane.tables.records.get(("network", attachment.network_id))
    name = route.name if isinstance(route, NetworkRoute) else attachment.network_id
    return Attachment(attachment.network_id, name, attachment.address, attachment.aliases)
