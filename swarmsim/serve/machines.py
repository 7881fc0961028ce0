"""Simulated machines as `swarmsim machine` knows them: what is told of one, and how one is switched on and off.

Switching is done by the same steps that a scenario has. Who is to stop in an orderly way has its daemon ended first,
and keeps its power for as long as the disk may still have to write.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final

from msgspec import Struct

from core.phases import HostPhase
from core.timing import SECOND
from swarmsim.scenario.steps import Action, Kill, KillDaemon, Restart
from swarmsim.scenario.targets import Host
from swarmsim.serve.place import Place
from swarmsim.world import Power, World

WRITES_OUT_NS: Final = 1 * SECOND
"""Between the end of a daemon and the end of power, when a machine is stopped."""


class Machine(Struct, frozen=True):
    """As it travels from the server to the command line; `power` and `phase` in the words of their enumerations."""

    name: str
    power: Power
    phase: HostPhase
    leads: bool
    address: str
    """Its own, in the simulated network."""
    docker_host: str
    docker_port: str

    @property
    def state(self) -> str:
        """In a word or two."""
        return STATES[self.power]

    @property
    def swarm(self) -> str:
        """What it is in its swarm, as far as it lives to tell: `-` for nothing."""
        if self.power not in (Power.UP, Power.PAUSED):
            return "-"
        return "leader" if self.leads else _ROLES.get(self.phase, "-")


STATES: Final = {
    Power.UP: "running",
    Power.OFF: "stopped",
    Power.NO_DAEMON: "daemon dead",
    Power.PAUSED: "paused",
}
_ROLES: Final = {
    HostPhase.MANAGER: "manager",
    HostPhase.LOCKED: "locked manager",
    HostPhase.WORKER: "worker",
    HostPhase.JOINING: "joining",
}


def machine_of(world: World, host: str, place: Place) -> Machine:
    """One host at this instant."""
    status = world.status(host)
    return Machine(
        host,
        status.power,
        status.phase,
        status.leads,
        world.address(host).rpartition(":")[0],
        place.docker_host,
        place.docker_port,
    )


class Switch(Enum):
    """What can be asked of a machine."""

    START = "start"
    """It gets power, or a daemon that was killed starts."""
    STOP = "stop"
    """Its daemon ends, what was written reaches the disk, then it is switched off."""
    KILL = "kill"
    """It loses power at once."""
    RESTART = "restart"
    """Stopped, then started."""


Play = Callable[[Action], object]


def switch(world: World, play: Play, host: str, what: Switch, ended: Callable[[], None]) -> None:
    """Do it by the steps that `play` plays; `ended` is called once it is so, at once if it was so already."""
    power, target = world.power(host), Host(host)
    match what:
        case Switch.START:
            if power in (Power.OFF, Power.NO_DAEMON):
                play(Restart(target))
            _once(world, lambda: world.power(host) in (Power.UP, Power.PAUSED), ended)
        case Switch.KILL:
            if power is not Power.OFF:
                play(Kill(target))
            ended()
        case Switch.STOP:
            _stop(world, play, host, ended)
        case Switch.RESTART:
            _stop(world, play, host, lambda: switch(world, play, host, Switch.START, ended))


def _stop(world: World, play: Play, host: str, ended: Callable[[], None]) -> None:
    if world.power(host) is Power.OFF:
        ended()
        return
    if world.power(host) is not Power.NO_DAEMON:
        play(KillDaemon(Host(host)))

    def power_off() -> None:
        if world.power(host) is Power.NO_DAEMON:  # nobody has started it meanwhile
            play(Kill(Host(host)))
        ended()

    world.call_at(world.now_ns + WRITES_OUT_NS, power_off)


_LOOK_NS: Final = SECOND // 20


def _once(world: World, is_so: Callable[[], bool], then: Callable[[], None], looks: int = 1200) -> None:
    """Call `then` when it is so; after a minute of looks, all the same."""
    if is_so() or not looks:
        then()
    else:
        world.call_at(world.now_ns + _LOOK_NS, lambda: _once(world, is_so, then, looks - 1))
