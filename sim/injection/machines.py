"""Faults of whole machines and daemons."""

from core.trials import faults
from core.trials.faults import Hosts
from sim.injection.undo import Handler, Undo, all_of
from sim.machine import Machine
from sim.world import World


def kill(world: World, fault: faults.Kill[Hosts]) -> Undo:
    hit = [machine for machine in map(world.machine, fault.hosts) if machine.powered]
    for machine in hit:
        machine.power_off()
    return all_of(machine.power_on for machine in hit)


def kill_daemon(world: World, fault: faults.KillDaemon[Hosts]) -> Undo:
    hit = [machine for machine in map(world.machine, fault.hosts) if machine.powered]
    for machine in hit:
        machine.kill_daemon()

    def revive() -> None:
        for machine in hit:
            if not machine.starting:  # one that boots meanwhile has a daemon coming
                machine.start_daemon()

    return revive


def restart(world: World, fault: faults.Restart[Hosts]) -> None:
    for name in fault.hosts:
        world.restart(name)


def move(world: World, fault: faults.Move[Hosts]) -> None:
    for name in fault.hosts:
        world.move(name)


def pause(world: World, fault: faults.Pause[Hosts]) -> Undo:
    hit: list[Machine] = [machine for machine in map(world.machine, fault.hosts) if machine.running]
    for machine in hit:
        machine.pause()
    return all_of(machine.resume for machine in hit)


def resume(world: World, fault: faults.Resume[Hosts]) -> None:
    for name in fault.hosts:
        world.resume(name)


HANDLERS: dict[type, Handler] = {
    faults.Kill: kill,
    faults.KillDaemon: kill_daemon,
    faults.Restart: restart,
    faults.Move: move,
    faults.Pause: pause,
    faults.Resume: resume,
}
