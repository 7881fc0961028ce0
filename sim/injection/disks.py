"""Faults of disks. A fault of the same kind given again replaces the first."""

from core.trials import faults
from core.trials.faults import Hosts
from sim.injection.undo import Handler, Undo, all_of
from sim.machine import Machine
from sim.world import World


def slow_disk(world: World, fault: faults.SlowDisk[Hosts]) -> Undo:
    disks = [world.machine(name).disk for name in fault.hosts]
    for disk in disks:
        disk.extra_sync_ns = fault.latency_ns

    def mend() -> None:
        for disk in disks:
            if disk.extra_sync_ns == fault.latency_ns:
                disk.extra_sync_ns = 0

    return mend


def full_disk(world: World, fault: faults.FullDisk[Hosts]) -> Undo:
    machines = [world.machine(name) for name in fault.hosts]
    for machine in machines:
        machine.disk.fill()
        _warn(machine)

    def empty() -> None:
        for machine in machines:
            machine.disk.empty()
            _warn(machine)

    return empty


def _warn(machine: Machine) -> None:
    if machine.daemon is not None:
        machine.disk.warn_if_low(machine.daemon.deliver)


def fail_disk(world: World, fault: faults.FailDisk[Hosts]) -> Undo:
    disks = [world.machine(name).disk for name in fault.hosts]
    for disk in disks:
        disk.fails = True

    def mend() -> None:
        for disk in disks:
            disk.fails = False

    return mend


def corrupt_disk(world: World, fault: faults.CorruptDisk[Hosts]) -> None:
    for name in fault.hosts:
        world.machine(name).disk.corrupt()


def lose_disk(world: World, fault: faults.LoseDisk[Hosts]) -> Undo:
    machines = [world.machine(name) for name in fault.hosts]
    for machine in machines:
        machine.power_off()
        machine.disk.replace()
    return all_of(machine.power_on for machine in machines)


def repair_disk(world: World, fault: faults.RepairDisk[Hosts]) -> None:
    for name in fault.hosts:
        machine = world.machine(name)
        machine.disk.repair()
        _warn(machine)


HANDLERS: dict[type, Handler] = {
    faults.SlowDisk: slow_disk,
    faults.FullDisk: full_disk,
    faults.FailDisk: fail_disk,
    faults.CorruptDisk: corrupt_disk,
    faults.LoseDisk: lose_disk,
    faults.RepairDisk: repair_disk,
}
