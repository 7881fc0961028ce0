"""One simulated computer: what outlives a daemon, and the daemon if there is one.

The parts differ in what they survive. The disk survives all but its own loss; containers and programmed tables survive
the daemon, and end with the power; what the network card and the daemon know ends with the daemon.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from core.events import HostDescribed, LinkDown, LinkUp
from core.ids import Address
from core.objects.node import NodeDescription
from core.objects.resources import Resources
from core.timing import SECOND
from sim.chance import stream
from sim.clock import Clock
from sim.daemon import Daemon, Platform
from sim.dataplane import DataPlane, DataPlaneProfile
from sim.disk import Disk, DiskProfile
from sim.engine import Engine
from sim.facts import DaemonStarted, DaemonStopped, Paused, PoweredOff, PoweredOn, Resumed
from sim.hosts import HostLike, Recover, Start
from sim.images import Catalogue
from sim.keys import Keys
from sim.loop import Loop
from sim.network import Link, Network, Port
from sim.nic import Nic
from sim.observer import Observer
from sim.programs.inside import Outside
from sim.programs.programs import Programs
from sim.sizes import Codec


class MachineProfile(Struct, frozen=True):
    """What a machine is made of, and how its supervisor treats a daemon that ends."""

    resources: Resources = Resources(nano_cpus=4_000_000_000, memory_bytes=8 * 1024**3)
    disk: DiskProfile = DiskProfile()
    data_plane: DataPlaneProfile = DataPlaneProfile()
    boot_ns: int = 2 * SECOND
    """From power to a running daemon."""
    restart_delay_ns: int = 1 * SECOND
    """From a daemon's halt until its supervisor starts it anew."""


class Surroundings(Struct, frozen=True):
    """What all machines of a world share."""

    seed: int
    loop: Loop
    network: Network
    observer: Observer
    images: Catalogue
    recover: Recover
    settings: Any
    codec: Codec | None
    began_at_ns: int
    """True wall time at the world's beginning."""
    outside: Callable[[Machine], Outside]
    """The network, as containers of this machine use it."""
    keeps_logs: bool


class Machine:
    """A machine without power; `power_on` brings it up."""

    def __init__(self, around: Surroundings, name: str, address: Address, place: str, profile: MachineProfile) -> None:
        self.name = name
        self.address = address
        self.loop = around.loop
        self.observer = around.observer
        self.profile = profile
        self.powered = False
        self.daemon: Daemon | None = None
        self.host: HostLike | None = None
        """The host of the last daemon, dead or alive: for looking at."""
        self.starting = False
        """A daemon is on its way: the machine boots, or its supervisor waits."""
        self.incarnation = 0
        self._around = around
        self._life = 0
        """Counts powerings and daemons, so that a start that was called off is known for that."""
        self.keys = Keys(around.loop, stream(around.seed, name, "secrets"))
        self.clock = Clock(around.loop, around.began_at_ns)
        self.disk = Disk(around.loop, profile.disk, stream(around.seed, name, "disk"), self.tell, around.codec)
        port = around.network.plug_in(name, address, place)
        port.peer_changed = self._peer_changed
        self.nic = Nic(around.network, port)
        rng = stream(around.seed, name, "engine")
        self.programs = Programs(around.loop, around.outside(self))
        self.engine = Engine(around.loop, around.images, rng, self.tell, self.programs, around.keeps_logs)
        self.data_plane = DataPlane(around.loop, profile.data_plane, stream(around.seed, name, "data-plane"), self.tell)
        self._platform = Platform(
            name, self.loop, self.observer, self.clock, self.keys, self.disk, self.nic, self.engine, self.data_plane
        )

    def tell(self, fact: Any) -> None:
        """Tell observers a fact about this machine or its host."""
        self.observer.tell(self.name, fact)

    @property
    def ip(self) -> str:
        """Its address without the port."""
        return self.address.rpartition(":")[0]

    @property
    def running(self) -> bool:
        """Whether a daemon lives and gets to run."""
        return self.daemon is not None and not self.daemon.paused

    def link_to(self, other: Machine) -> Link:
        """The way from here to another machine, in that direction."""
        return self._around.network.link(self.nic.port, other.nic.port)

    # --- power

    def power_on(self, boot_ns: int | None = None) -> None:
        """Give it power; its daemon starts after `boot_ns`, or the profile's time. Nothing happens if it has power."""
        if self.powered:
            return
        self.powered = True
        self.clock.reboot()
        self.tell(PoweredOn())
        self._start_daemon_after(self.profile.boot_ns if boot_ns is None else boot_ns)

    def power_off(self) -> None:
        """It loses power at once, with its containers and all that was not synced."""
        if not self.powered:
            return
        self._end_daemon("power loss")
        self.powered = self.starting = False
        self.disk.power_lost()
        self.engine.power_lost()
        self.data_plane.power_lost()
        self.tell(PoweredOff())

    # --- the daemon

    def start_daemon(self) -> None:
        """Start it now, if the machine has power and no daemon."""
        if not self.powered or self.daemon is not None:
            return
        self._life += 1
        self.starting = False
        self.incarnation += 1
        self.nic.forget()
        recovered = self.disk.read()
        rng = stream(self._around.seed, self.name, "host", self.incarnation)
        now = self.clock.monotonic_ns()
        self.tell(DaemonStarted(self.incarnation, len(recovered.writes), recovered.verdict))
        start = Start(self.name, self.address, recovered, rng, now, self._around.settings)
        self.host = self._around.recover(start)
        self.daemon = Daemon(self._platform, recovered, self.host, self.incarnation, self._daemon_halted)
        self.nic.port.receive = self.daemon.deliver
        self._introduce(self.daemon)

    def _introduce(self, daemon: Daemon) -> None:
        """What a driver tells a host at the start."""
        daemon.tell_wall_clock()
        daemon.deliver(HostDescribed(self.description(), self.address))
        if not daemon.alive:  # it has halted over what it was told
            return
        self.engine.connect(daemon.deliver)
        self.disk.warn_if_low(daemon.deliver)
        self._around.network.hint(self.nic.port, up=True)

    def _peer_changed(self, port: Port, up: bool) -> None:
        """A connection to or from the daemon at `port` stands, or has been closed by its end."""
        for node_id in self.nic.knows(port):
            if self.daemon is not None:
                self.daemon.deliver(LinkUp(node_id) if up else LinkDown(node_id))

    def description(self) -> NodeDescription:
        """What the machine says of itself."""
        return NodeDescription(hostname=self.name, resources=self.profile.resources, engine_version="simulated")

    def kill_daemon(self) -> None:
        """The daemon dies at once; containers and tables live on, and nobody restarts it."""
        if self.daemon is not None:
            self._end_daemon("killed")
            self._around.network.hint(self.nic.port, up=False)
        self._life += 1
        self.starting = False

    def _daemon_halted(self, daemon: Daemon, reason: str) -> None:
        """The host gave itself up: its supervisor starts it anew after a while."""
        if self.daemon is daemon:
            self._end_daemon(reason)
            self._around.network.hint(self.nic.port, up=False)
            self._start_daemon_after(self.profile.restart_delay_ns)

    def _start_daemon_after(self, delay_ns: int) -> None:
        self._life += 1
        self.starting = True
        life = self._life

        def start() -> None:
            if life == self._life:
                self.start_daemon()

        self.loop.call_after(delay_ns, start)

    def _end_daemon(self, reason: str) -> None:
        self._life += 1
        daemon, self.daemon = self.daemon, None
        if daemon is None:
            return
        self.engine.disconnect()
        self.disk.daemon_died()
        daemon.stop(reason)
        self.tell(DaemonStopped(reason))

    def pause(self) -> None:
        """The daemon does not get to run; containers and packets go on."""
        if self.daemon is not None and not self.daemon.paused:
            self.daemon.pause()
            self.tell(Paused())

    def resume(self) -> None:
        """It runs again."""
        daemon = self.daemon
        if daemon is not None and daemon.paused:
            paused_ns = self.loop.now - daemon.paused_at
            self.tell(Resumed(paused_ns, daemon.resume()))
