"""The simulator as a `World`: `sim.world.World` with a `core.host.Host` on every machine."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import inf
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from core.host import Host
from core.ids import NodeId, SecretId, TaskId
from core.machines import Machines
from core.mesh.routes import RouteKey, RouteTable
from core.objects.node import NodeDescription
from core.operations import Operation
from core.phases import HostPhase
from core.raft.effects import Result
from core.raft.members import voters_of
from core.store import Changed, Store
from core.timing import PROFILES, Timing
from core.trials.clients import RequestSample, WriterSample
from core.trials.endings import LASTING
from core.trials.faults import Fault
from sim.clock import WORLD_BEGAN_AT_NS
from sim.daemon import Daemon
from sim.guard import MinorityGuard
from sim.hosts import Start, recover_swarm_host
from sim.injection import DisallowedError, Injector
from sim.loop import Call
from sim.machine import Machine
from sim.traffic import TrafficClient
from sim.world import World
from sim.writers import ConfigWriter
from swarmsim.scenario.plan import ClusterPlan, ImagePlan, TrafficPlan, WriterPlan
from swarmsim.world import (
    AppliedListener,
    ContainerView,
    FactListener,
    HostStatus,
    NotDoneError,
    Power,
    RaftListener,
    SentCounts,
    StoreListener,
    Undo,
    patience_ns,
)
from swarmsim.worlds.configuration import config_of

Answered = Callable[[Result], None]
RequestListener = Callable[[str, Operation, Answered], Answered]
"""Called with a host, what it is asked, and who is to be answered."""

_AFTER_ALL: Final = 1 << 32
"""A priority after any that the loop draws."""


class SimulatedWorld:
    """Implements `swarmsim.world.World`."""

    def __init__(
        self,
        plan: ClusterPlan,
        images: Sequence[ImagePlan],
        seed: int,
        began_at_ns: int = WORLD_BEGAN_AT_NS,
        *,
        served: bool = False,
    ) -> None:
        config = replace(config_of(plan, images, served=served), began_at_ns=began_at_ns)
        self.sim = World(config, seed, self._recover)
        self._racks: dict[str, str] = {}
        self._timing = PROFILES[plan.timing]
        self._injector = Injector(self.sim, MinorityGuard(self.sim))
        self._hosts: dict[str, Host] = {}
        """Of each machine's last daemon, dead or alive."""
        self._raft_listeners: list[RaftListener] = []
        self._applied_listeners: list[AppliedListener] = []
        self._request_listeners: list[RequestListener] = []
        self._store_listeners: dict[str, list[StoreListener]] = {}
        self.sim.observer.on_step(self._stepped)

    # --- time and chance

    @property
    def now_ns(self) -> int:
        return self.sim.now

    def run_until(self, at_ns: int) -> None:
        self.sim.run_until(at_ns)

    def next_at(self) -> int | None:
        """When something happens next; None if nothing ever does by itself."""
        at = self.sim.loop.peek()
        return None if at == inf else int(at)

    def call_at(self, at_ns: int, call: Callable[[], None]) -> None:
        self.sim.call_at(at_ns, call)

    def look_at(self, at_ns: int, look: Callable[[], None]) -> None:
        # After all else at that instant, and without drawing from the loop's chance as everything else does.
        delay_ns = max(at_ns - self.sim.now, 0)
        self.sim.loop.schedule(Call(look, ()), _AFTER_ALL, delay_ns)  # type: ignore[arg-type]

    def random(self, purpose: str) -> Random:
        return self.sim.random(purpose)

    @property
    def timing(self) -> Timing:
        return self._timing

    # --- hosts

    def hosts(self) -> tuple[str, ...]:
        return tuple(self.sim.machines)

    def status(self, host: str) -> HostStatus:
        machine = self.sim.machine(host)
        core = machine.host
        assert core is None or isinstance(core, Host)
        raft = core.machines.raft if core is not None else None
        agent = core.machines.agent if core is not None else None
        leads = core is not None and core.leading and machine.daemon is not None
        return HostStatus(
            host,
            self._racks[host],
            _power(machine),
            core.phase if core is not None else HostPhase.INACTIVE,
            self.node_id(host),
            raft.id if raft is not None else NodeId(""),
            raft.leader_id if raft is not None and raft.leader_id is not None else NodeId(""),
            voters_of(raft.members) if raft is not None else (),
            leads,
            raft.term if raft is not None else 0,
            raft.commit_index if raft is not None else 0,
            raft.applied_index if raft is not None else 0,
            agent is not None and agent.session_id is not None,
            raft.last_index if raft is not None else 0,
            raft.round if raft is not None else 0,
            raft.confirmed_round if raft is not None else 0,
            tuple((each.node_id, each.address) for each in agent.managers) if agent is not None else (),
        )

    def power(self, host: str) -> Power:
        return _power(self.sim.machine(host))

    def node_id(self, host: str) -> NodeId:
        core = self.sim.machine(host).host
        return core.node_id if isinstance(core, Host) else NodeId("")

    def leader(self) -> str | None:
        leader, leader_term = None, 0
        for name, machine in self.sim.machines.items():
            if machine.running and isinstance(core := machine.host, Host) and core.leading:
                raft = core.machines.raft
                if raft is not None and raft.term > leader_term:
                    leader, leader_term = name, raft.term
        return leader

    def address(self, host: str) -> str:
        return self.sim.machine(host).address

    def add_host(self, host: str, rack: str = "") -> None:
        self._racks[host] = rack
        self.sim.add_machine(host, rack)
        self.sim.power_on(host, boot_ns=0)

    def description(self, host: str) -> NodeDescription:
        return self.sim.machine(host).description()

    def interfaces(self, host: str) -> Mapping[str, str]:
        return {"lo": "127.0.0.1", "eth0": self.sim.machine(host).ip}

    def submit(self, host: str, operation: Operation, answered: Answered) -> Callable[[], None]:
        for listener in self._request_listeners:
            answered = listener(host, operation, answered)
        return self.sim.request(host, operation, answered)

    def observe_requests(self, listener: RequestListener) -> None:
        """Have every request from here on told to `listener` before it is made, which returns who is to be answered."""
        self._request_listeners.append(listener)

    def apply(self, fault: Fault) -> Undo | None:
        number = self.start_fault(fault)
        return partial(self._injector.end, number) if isinstance(fault, LASTING) else None

    def start_fault(self, fault: Fault) -> int:
        """As `apply`, for who goes by numbers: those in `faults`, while it holds."""
        try:
            return self._injector.start(fault)
        except DisallowedError as disallowed:
            raise NotDoneError(str(disallowed)) from None

    def end_fault(self, number: int) -> None:
        """Take back exactly what this fault did; nothing happens if it has ended."""
        self._injector.end(number)

    @property
    def faults(self) -> Mapping[int, Fault]:
        """Those that hold, by number."""
        return self._injector.active

    def permit_loss(self, hosts: Sequence[str]) -> None:
        try:
            self._injector.permit_loss(tuple(hosts))
        except DisallowedError as disallowed:
            raise NotDoneError(str(disallowed)) from None

    # --- clients

    def start_traffic(
        self, plan: TrafficPlan, entry: Callable[[], str | None], took: Callable[[RequestSample], None]
    ) -> Callable[[], None]:
        return TrafficClient(self.sim, plan.port, plan.rate_per_s, entry, took).stop

    def start_writer(
        self, plan: WriterPlan, entry: Callable[[], str | None], took: Callable[[WriterSample], None]
    ) -> Callable[[], None]:
        rng = self.random(f"writer {plan.name} itself")
        return ConfigWriter(
            self.sim,
            plan.name,
            rng,
            entry,
            took,
            plan.rate_per_s,
            plan.read_rate_per_s,
            plan.value_bytes,
            timeout_ns=patience_ns(self._timing),
        ).stop

    # --- what checks watch

    def observe(self, listener: FactListener) -> None:
        self.sim.observer.on_fact(lambda seen: listener(seen.at, seen.host, seen.fact))

    def observe_raft(self, listener: RaftListener) -> None:
        self._raft_listeners.append(listener)

    def _stepped(self, at: int, host: str, event: Any, effects: list[Any]) -> None:
        machines = self._hosts[host].machines
        if effects and machines.raft is not None:
            for listener in self._raft_listeners:
                listener(at, host, machines.raft, effects)
            if machines.replica is not None and machines.replica.watcher is None:
                self._attend(host, machines)

    def observe_applied(self, listener: AppliedListener) -> None:
        self._applied_listeners.append(listener)

    def _recover(self, start: Start) -> Host:
        host = self._hosts[start.name] = recover_swarm_host(start)
        self._attend(start.name, host.machines)
        return host

    def _attend(self, name: str, machines: Machines) -> None:
        """Have it tell what a host applies, from the first command on: a manager is made at a start or in a step."""
        replica, raft = machines.replica, machines.raft
        if replica is None or raft is None:
            return

        def watcher(index: int, command: Any) -> None:
            for listener in self._applied_listeners:
                listener(self.sim.now, name, raft, index, command)

        def listener(changes: Sequence[Changed]) -> None:
            for listen in tuple(self._store_listeners.get(name, ())):
                listen(changes)

        replica.watcher = watcher
        replica.listener = listener

    def watch_store(self, host: str, listener: StoreListener) -> Callable[[], None]:
        listeners = self._store_listeners.setdefault(host, [])
        listeners.append(listener)
        return partial(listeners.remove, listener)

    def wall_ns(self, host: str) -> int:
        return self.sim.machine(host).clock.wall_ns()

    def store(self, host: str) -> Store | None:
        machine = self.sim.machine(host)
        if not machine.running:
            return None
        assert isinstance(machine.host, Host)
        return machine.host.store

    def programmed_routes(self, host: str) -> tuple[int, RouteTable] | None:
        tables = self.sim.machine(host).data_plane.tables
        return (tables.version, tables.records) if tables.version else None

    def connections_given(self, host: str) -> Mapping[RouteKey, Mapping[TaskId, int]]:
        return self.sim.machine(host).data_plane.tables.given()

    def containers(self, host: str) -> tuple[ContainerView, ...]:
        return tuple(
            ContainerView(
                container.task_id,
                container.running,
                container.healthy,
                container.secret_names,
                tuple(container.addresses.items()),
            )
            for container in self.sim.containers(host)
        )

    def held_secrets(self, host: str) -> tuple[SecretId, ...]:
        machine = self.sim.machine(host)
        core = machine.host
        agent = core.machines.agent if machine.daemon is not None and isinstance(core, Host) else None
        return agent.secret_ids if agent is not None else ()

    def sent(self) -> SentCounts:
        return self.sim.sent()

    def check_invariants(self, full: bool = False) -> None:
        self.sim.check_invariants(full)


def _power(machine: Machine) -> Power:
    daemon: Daemon | None = machine.daemon
    if not machine.powered:
        return Power.OFF
    if daemon is None:
        return Power.NO_DAEMON
    return Power.PAUSED if daemon.paused else Power.UP
