"""A whole simulated world: machines on a network, with clients, faults and observers, run by one event loop.

Everything in it follows from its configuration, its seed and the order in which it was told things: each part draws
from a source of chance of its own, and nothing reads a real clock.
"""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

from msgspec import Struct

from core.ids import Address, Ticket
from core.objects.port import Protocol
from core.operations import Operation
from core.raft.effects import Leading, Refused, Role, RoleChanged
from core.timing import SECOND
from sim.chance import stream
from sim.clock import WORLD_BEGAN_AT_NS
from sim.container import Container, TaskContainer
from sim.daemon import Answered
from sim.exchange import Visit
from sim.fabric import Fabric
from sim.facts import DaemonStopped
from sim.hosts import HostLike, Recover
from sim.images import Catalogue
from sim.links import LAN, LinkProfile
from sim.loop import Loop
from sim.machine import Machine, MachineProfile, Surroundings
from sim.network import Network
from sim.observer import Observation, Observer
from sim.outside import MeshOutside
from sim.programs.inside import Write
from sim.programs.process import Process
from sim.programs.programs import Finished
from sim.sizes import Codec
from sim.topology import Topology, one_switch
from sim.visits import Visited

PORT = 2377
VISIT_TIMEOUT_NS = 10 * SECOND
_HOSTS_PER_BLOCK = 250


class WorldConfig(Struct, frozen=True):
    """What a world is made of, its machines apart."""

    link: LinkProfile = LAN
    topology: Callable[[], Topology] = one_switch
    machine: MachineProfile = MachineProfile()
    images: Catalogue = Catalogue(lenient=True)
    settings: Any = None
    """Handed to `recover` unread: for `core.host.Host`, its `HostConfig`."""
    codec: Codec | None = None
    """Puts every message and record through this (`core.codec.wire`); hands them on by reference if None."""
    began_at_ns: int = WORLD_BEGAN_AT_NS
    """True wall time at the world's beginning, in nanoseconds since the epoch."""
    keeps_logs: bool = False
    """Whether containers keep what they write (`sim.container_log`)."""


class World:
    """Machines are known by name. Times are nanoseconds since the world began."""

    def __init__(self, config: WorldConfig, seed: int, recover: Recover) -> None:
        self.config = config
        self.seed = seed
        self.loop = Loop(seed)
        self.observer = Observer(self.loop)
        rng = stream(seed, "network")
        self.network = Network(self.loop, config.topology(), config.link, rng, config.codec)
        self.machines: dict[str, Machine] = {}
        self._address_count = 0
        self._leading: dict[str, int] = {}
        self.observer.on_fact(self._note_leader)
        self.fabric = Fabric(self.loop, self.network, stream(seed, "fabric"))
        self._around = Surroundings(
            seed,
            self.loop,
            self.network,
            self.observer,
            config.images,
            recover,
            config.settings,
            config.codec,
            config.began_at_ns,
            partial(MeshOutside, self.loop, self.fabric),
            config.keeps_logs,
        )

    # --- time and chance

    @property
    def now(self) -> int:
        """Nanoseconds since the world began."""
        return self.loop.now

    def run_until(self, at: int) -> None:
        """Let time pass up to and including this instant."""
        self.loop.run_until(at)

    def run_for(self, duration_ns: int) -> None:
        """Let this much time pass."""
        self.loop.run_until(self.loop.now + duration_ns)

    def call_at(self, at: int, function: Callable[..., object], *arguments: Any) -> None:
        """Have `function` called at this instant, or at once if it is past."""
        self.loop.call_at(at, function, *arguments)

    def random(self, purpose: str) -> Random:
        """A source of chance of its own for a purpose, from its beginning."""
        return stream(self.seed, "purpose", purpose)

    # --- machines

    def add_machine(self, name: str, place: str = "", profile: MachineProfile | None = None) -> Machine:
        """A new machine, without power, at a place of the topology; addresses are given in order."""
        address = self._next_address()
        machine = Machine(self._around, name, address, place, profile or self.config.machine)
        self.machines[name] = machine
        self.fabric.add(machine)
        return machine

    def _next_address(self) -> Address:
        self._address_count += 1
        return address_of(self._address_count - 1)

    def machine(self, name: str) -> Machine:
        """One machine; KeyError that says which there are."""
        if name not in self.machines:
            raise KeyError(f"there is no host {name!r}: there are {', '.join(self.machines)}")
        return self.machines[name]

    def host(self, name: str) -> HostLike | None:
        """The host of a machine's last daemon, dead or alive; None before its first start."""
        return self.machine(name).host

    def power_on(self, name: str, boot_ns: int | None = None) -> None:
        """Switch a machine on; its daemon runs after the boot."""
        self.machine(name).power_on(boot_ns)

    def kill(self, name: str) -> None:
        """The machine loses power, with its containers and what was not synced."""
        self.machine(name).power_off()

    def kill_daemon(self, name: str) -> None:
        """The daemon dies; containers and tables live on."""
        self.machine(name).kill_daemon()

    def restart(self, name: str) -> None:
        """Boot a machine without power, start a dead daemon, reboot a machine that is up."""
        machine = self.machine(name)
        if machine.starting:
            return
        if machine.powered and machine.daemon is None:
            machine.start_daemon()
        else:
            machine.power_off()
            machine.power_on()

    def move(self, name: str) -> None:
        """The machine boots at an address that nobody ever had; whoever knows it by its old one reaches nobody."""
        machine, before = self.machine(name), self.machine(name).ip
        machine.power_off()
        machine.address = self._next_address()
        self.network.readdress(machine.nic.port, machine.address)
        self.fabric.readdress(machine, before)
        for other in self.machines.values():
            other.nic.lose(machine.nic.port)
        machine.power_on()

    def pause(self, name: str) -> None:
        """The daemon does not get to run; containers and packets go on."""
        self.machine(name).pause()

    def resume(self, name: str) -> None:
        """It runs again."""
        self.machine(name).resume()

    def containers(self, name: str) -> tuple[TaskContainer, ...]:
        """The containers of a machine's tasks, in order of creation."""
        return self.machine(name).engine.tasks.containers

    def sent(self) -> dict[str, dict[str, tuple[int, int]]]:
        """Per sending machine and kind of message: messages and bytes so far."""
        return {
            name: {
                kind.__name__: (counter.count, counter.byte_count) for kind, counter in machine.nic.port.sent.items()
            }
            for name, machine in self.machines.items()
        }

    # --- clients

    def request(self, name: str, operation: Operation, answered: Answered) -> Callable[[], None]:
        """Ask a host as a client on it would; `answered` is called exactly once. Returns what cancels the request."""
        daemon = self.machine(name).daemon
        if daemon is None:
            refusal = Refused(f"cannot connect to the daemon: start that of {name}, or ask another host")
            self.loop.call_after(0, answered, refusal)
            return _nothing
        ticket: Ticket = daemon.request(operation, answered)
        return lambda: daemon.cancel(ticket)

    def visit(
        self,
        name: str,
        port: int,
        visited: Callable[[Visited], None],
        timeout_ns: int = VISIT_TIMEOUT_NS,
        protocol: Protocol = Protocol.TCP,
        path: str = "/",
    ) -> None:
        """Send one request to a published port of a host, as a client outside; `visited` is told once how it ends."""
        exchange = Visit(self.loop, timeout_ns, visited, path)
        self.fabric.enter_with(exchange, self.machine(name), port, protocol)

    def exec_in(
        self,
        name: str,
        container: Container,
        argv: Sequence[str],
        finished: Callable[[Finished], None],
        *,
        variables: Sequence[str] = (),
        write: Write | None = None,
    ) -> Process:
        """Run a command in a container of a host (`sim.programs.programs`); NotRunning if it does not run."""
        return self.machine(name).programs.exec_in(container, argv, finished, variables=variables, write=write)

    # --- looking at it

    def leader(self) -> str | None:
        """Who leads the highest term, as far as it knows itself; None if nobody does."""
        return max(self._leading, key=lambda name: self._leading[name], default=None)

    def _note_leader(self, observation: Observation) -> None:
        fact = observation.fact
        if isinstance(fact, Leading):
            self._leading[observation.host] = fact.term
        elif isinstance(fact, DaemonStopped) or (isinstance(fact, RoleChanged) and fact.role is not Role.LEADER):
            self._leading.pop(observation.host, None)

    def check_invariants(self, full: bool = False) -> None:
        """Have every host that lives assert its own invariants; `full` walks all that it keeps."""
        for machine in self.machines.values():
            if machine.daemon is not None:
                machine.daemon.host.check_invariants(full)


def address_of(position: int) -> Address:
    """The address given away at this position (from 0): 198.18.0.1:2377 and so on."""
    block, number = divmod(position, _HOSTS_PER_BLOCK)
    return Address(f"198.{18 + block // 256}.{block % 256}.{number + 1}:{PORT}")


def _nothing() -> None:
    """There is nothing to cancel."""
