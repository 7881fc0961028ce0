"""Small scripted hosts and worlds of them, for tests of the simulator that need no swarm."""

from collections.abc import Callable
from random import Random
from typing import Any

from core.effects import Effect, Peers, PrepareTask, StartTask
from core.events import ContainerPhase, Event, TaskReported
from core.ids import Address, NetworkId, NodeId, OperationId, ServiceId, TaskId
from core.objects.endpoint import EndpointSpec
from core.objects.network import NetworkAttachment
from core.objects.port import PortConfig
from core.objects.resources import Resources
from core.objects.task import ContainerSpec, HealthCheck, Task, TaskSpec
from core.raft.effects import Send
from core.timing import SECOND
from sim.hosts import Start
from sim.traffic import Entry
from sim.world import World, WorldConfig, address_of

Script = Callable[[int, Event], list[Effect]]


class ScriptedHost:
    """Does what its script says, remembers everything it heard, and wants a Tick at `wake_at`."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.heard: list[tuple[int, Event]] = []
        self.wake_at: int | None = None
        self.script: Script = lambda now, event: []

    def step(self, now: int, event: Event) -> list[Effect]:
        self.heard.append((now, event))
        return self.script(now, event)

    def deadline(self) -> int | None:
        return self.wake_at

    def check_invariants(self, full: bool = False) -> None:
        assert [at for at, _ in self.heard] == sorted(at for at, _ in self.heard)

    def events(self, kind: type) -> list[Any]:
        """What it heard of one kind."""
        return [event for _, event in self.heard if isinstance(event, kind)]


def scripted_world(*names: str, seed: int = 1, config: WorldConfig | None = None) -> World:
    """Machines with power and scripted hosts, their daemons running at time 0."""
    world = World(config or WorldConfig(), seed, ScriptedHost)
    for name in names:
        world.add_machine(name)
        world.power_on(name, boot_ns=0)
    world.run_until(0)
    return world


def host_of(world: World, name: str) -> ScriptedHost:
    """The scripted host of a machine's last daemon."""
    host = world.host(name)
    assert isinstance(host, ScriptedHost)
    return host


def order(world: World, name: str, *effects: Effect) -> None:
    """Have a host's daemon perform effects now, as if a step had returned them."""
    host = host_of(world, name)
    script, host.script = host.script, lambda now, event: list(effects)
    daemon = world.machine(name).daemon
    assert daemon is not None
    daemon.tell_wall_clock()
    host.script = script


def introduce(world: World) -> None:
    """Tell every machine where all the others are; a host's id is its name."""
    addresses: tuple[tuple[NodeId, Address], ...] = tuple(
        (NodeId(name), address_of(position)) for position, name in enumerate(world.machines)
    )
    for name in world.machines:
        order(world, name, Peers(addresses))


def send(world: World, source: str, target: str, message: Any) -> None:
    """Have one host send another a message now."""
    order(world, source, Send(NodeId(target), message))


def any_host_with_power(world: World, rng: Random) -> Entry:
    """Clients who know which hosts are up (by health checks of theirs) and choose among them at random."""

    def choose() -> str | None:
        up = [name for name, machine in world.machines.items() if machine.powered]
        return rng.choice(up) if up else None

    return choose


# --- tasks


def task(
    name: str,
    image: str = "web",
    addresses: dict[str, str] | None = None,
    health: bool = False,
    memory_limit: int = 0,
    check: HealthCheck | None = None,
    host_ports: tuple[PortConfig, ...] = (),
    **spec: Any,
) -> Task:
    """A task named after its service, with an address (CIDR) on each of the networks."""
    probed = check or (HealthCheck(test=("CMD", "probe")) if health else None)
    container = ContainerSpec(image=image, health=probed, **spec)
    return Task(
        id=TaskId(name),
        service_id=ServiceId(name.partition(".")[0]),
        slot=1,
        spec=TaskSpec(container=container, limits=Resources(memory_bytes=memory_limit)),
        spec_version=1,
        service_name=name.partition(".")[0],
        endpoint=EndpointSpec(ports=host_ports),
        attachments=tuple(
            NetworkAttachment(NetworkId(network), address) for network, address in (addresses or {}).items()
        ),
    )


def run_task(world: World, name: str, wanted: Task) -> None:
    """Prepare and start a task's container on a machine, and wait until it is healthy or has ended."""
    order(world, name, PrepareTask(OperationId(1), wanted, (), ()))
    world.run_for(SECOND)
    order(world, name, StartTask(OperationId(2), wanted.id))
    world.run_for(SECOND)


def phases(world: World, name: str, task_id: str) -> list[ContainerPhase]:
    """What a host heard of a task, in order."""
    return [event.report.phase for event in host_of(world, name).events(TaskReported) if event.task_id == task_id]
