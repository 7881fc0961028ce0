"""Faults of clocks. A host is told of a jump of its wall clock, as by the operating system, and never of drift."""

from core.trials import faults
from core.trials.faults import Hosts
from sim.injection.undo import Handler, Undo, all_of
from sim.machine import Machine
from sim.world import World

_BILLION = 1_000_000_000


def skew_clock(world: World, fault: faults.SkewClock[Hosts]) -> Undo:
    undos = []
    for machine in map(world.machine, fault.hosts):
        undos.append(lambda machine=machine, by_ns=machine.clock.error_ns - fault.by_ns: _jump(machine, by_ns))
        machine.clock.set_skew(fault.by_ns)
        _tell(machine)
    return all_of(undos)


def jump_clock(world: World, fault: faults.JumpClock[Hosts]) -> None:
    for machine in map(world.machine, fault.hosts):
        _jump(machine, fault.by_ns)


def _jump(machine: Machine, by_ns: int) -> None:
    machine.clock.jump(by_ns)
    _tell(machine)


def _tell(machine: Machine) -> None:
    if machine.daemon is not None:
        machine.daemon.tell_wall_clock()


def drift_clock(world: World, fault: faults.DriftClock[Hosts]) -> Undo:
    machines = [world.machine(name) for name in fault.hosts]
    _set_drift(machines, round(fault.ratio * _BILLION))
    return lambda: _set_drift(machines, 0)


def _set_drift(machines: list[Machine], drift_ppb: int) -> None:
    for machine in machines:
        machine.clock.set_drift(drift_ppb)
        if machine.daemon is not None:
            machine.daemon.rearm()


HANDLERS: dict[type, Handler] = {
    faults.SkewClock: skew_clock,
    faults.JumpClock: jump_clock,
    faults.DriftClock: drift_clock,
}
