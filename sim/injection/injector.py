"""The faults of one world: which hold, what ends them, and which must not happen."""

from typing import Final, Protocol

from core.trials import faults
from core.trials.endings import UNDOES
from core.trials.faults import Fault, Hosts
from sim.facts import FaultEnded, FaultRefused, FaultStarted
from sim.injection import clocks, containers, disks, links, machines
from sim.injection.undo import Handler, Undo
from sim.world import World

HANDLERS: dict[type, Handler] = {
    **machines.HANDLERS,
    **links.HANDLERS,
    **disks.HANDLERS,
    **clocks.HANDLERS,
    **containers.HANDLERS,
}


TOO_MANY: Final = "it would take what a majority of managers holds, and with it what was acknowledged"


class DisallowedError(Exception):
    """A guard did not allow a fault: nothing of it has happened."""


class Guard(Protocol):
    """Judges faults, and orders, that destroy what a host had promised to keep."""

    def allows(self, hosts: Hosts) -> bool:
        """Whether these hosts may lose what they hold now; if so they count as hurt from here on."""


class Injector:
    """With a guard, faults that it does not allow are left out, told as refused, and raise DisallowedError."""

    def __init__(self, world: World, guard: Guard | None = None) -> None:
        self._world = world
        self._guard = guard
        self._number = 0
        self._active: dict[int, tuple[Fault, Undo]] = {}

    def start(self, fault: Fault) -> int:
        """Let a fault happen. Returns the number to end it by; one that does not last has ended already.

        Raises:
            DisallowedError: the guard is against it.
        """
        self._number += 1
        number = self._number
        if not self._allows(fault):
            self._world.observer.tell("", FaultRefused(fault, TOO_MANY))
            raise DisallowedError(TOO_MANY)
        self._world.observer.tell("", FaultStarted(number, fault))
        if isinstance(fault, faults.Heal):
            self._heal(fault.hosts)
            undo = None
        else:
            undo = HANDLERS[type(fault)](self._world, fault)
            self._end_what_it_ends(fault)
        if undo is None:
            self._world.observer.tell("", FaultEnded(number))
        else:
            self._active[number] = (fault, undo)
        return number

    def permit_loss(self, hosts: Hosts) -> None:
        """These hosts are about to forget what they hold, by no fault.

        Raises:
            DisallowedError: the guard is against it.
        """
        if self._guard is not None and not self._guard.allows(hosts):
            raise DisallowedError(TOO_MANY)

    def _allows(self, fault: Fault) -> bool:
        if self._guard is None or not isinstance(fault, faults.CorruptDisk | faults.LoseDisk):
            return True
        return self._guard.allows(fault.hosts)

    def end(self, number: int) -> None:
        """Take back exactly what this fault did; nothing happens if it has ended."""
        active = self._active.pop(number, None)
        if active is not None:
            active[1]()
            self._world.observer.tell("", FaultEnded(number))

    @property
    def active(self) -> dict[int, Fault]:
        """The faults that hold, by number."""
        return {number: fault for number, (fault, _) in self._active.items()}

    def _heal(self, hosts: Hosts) -> None:
        for number, (fault, undo) in list(self._active.items()):
            if type(fault) in links.HANDLERS and links.touches(self._world, undo, hosts):
                self.end(number)

    def _end_what_it_ends(self, verb: Fault) -> None:
        """The verb has taken it all back already; what is left is to say so."""
        kinds = UNDOES.get(type(verb), ())
        named = frozenset(getattr(verb, "hosts", ()))
        for number, (fault, _) in list(self._active.items()):
            if type(fault) in kinds and frozenset(getattr(fault, "hosts", ())) <= named:
                del self._active[number]
                self._world.observer.tell("", FaultEnded(number))
