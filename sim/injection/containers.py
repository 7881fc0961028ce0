"""Faults of container engines, containers and tables."""

from collections.abc import Callable

from core.ids import TaskId
from core.trials import faults
from core.trials.faults import Hosts, Tasks
from sim.dataplane import DataPlane
from sim.injection.undo import Handler, Undo, all_of
from sim.processes import CRASHED
from sim.task_containers import TaskContainers
from sim.world import World


def stop_engine(world: World, fault: faults.StopEngine[Hosts]) -> Undo:
    engines = [world.machine(name).engine for name in fault.hosts]
    for engine in engines:
        engine.go_down("the container engine does not answer")
    return all_of(engine.come_up for engine in engines)


def fail_pulls(world: World, fault: faults.FailPulls[Hosts]) -> Undo:
    engines = [world.machine(name).engine for name in fault.hosts]

    def set_all(fail: bool) -> None:
        for engine in engines:
            engine.images.pulls_fail = fail

    set_all(True)
    return lambda: set_all(False)


def _each(world: World, tasks: tuple[TaskId, ...], befall: Callable[[TaskContainers, TaskId], bool]) -> None:
    """Let it happen to each of these tasks' containers, wherever it runs; one that runs nowhere is left out."""
    for task_id in tasks:
        for machine in world.machines.values():
            befall(machine.engine.tasks, task_id)


def crash_task(world: World, fault: faults.CrashTask[Tasks]) -> None:
    _each(world, fault.tasks, lambda containers, task_id: containers.exit(task_id, CRASHED))


def exit_task(world: World, fault: faults.ExitTask[Tasks]) -> None:
    _each(world, fault.tasks, lambda containers, task_id: containers.exit(task_id, fault.code))


def unhealthy(world: World, fault: faults.Unhealthy[Tasks]) -> None:
    _each(world, fault.tasks, TaskContainers.become_unhealthy)


def out_of_memory(world: World, fault: faults.OutOfMemory[Tasks]) -> None:
    _each(world, fault.tasks, TaskContainers.run_out_of_memory)


def fail_routes(world: World, fault: faults.FailRoutes[Hosts]) -> Undo:
    planes = [world.machine(name).data_plane for name in fault.hosts]

    def set_all(fail: bool) -> None:
        for plane in planes:
            plane.fails = fail

    set_all(True)
    return lambda: set_all(False)


def slow_routes(world: World, fault: faults.SlowRoutes[Hosts]) -> Undo:
    planes: list[DataPlane] = [world.machine(name).data_plane for name in fault.hosts]

    def set_all(extra_ns: int) -> None:
        for plane in planes:
            plane.extra_ns = extra_ns

    set_all(fault.latency_ns)
    return lambda: set_all(0)


def mute_routes(world: World, fault: faults.MuteRoutes[Hosts]) -> Undo:
    planes = [world.machine(name).data_plane for name in fault.hosts]

    def set_all(mute: bool) -> None:
        for plane in planes:
            plane.mute = mute

    set_all(True)
    return lambda: set_all(False)


HANDLERS: dict[type, Handler] = {
    faults.StopEngine: stop_engine,
    faults.FailPulls: fail_pulls,
    faults.CrashTask: crash_task,
    faults.ExitTask: exit_task,
    faults.Unhealthy: unhealthy,
    faults.OutOfMemory: out_of_memory,
    faults.FailRoutes: fail_routes,
    faults.SlowRoutes: slow_routes,
    faults.MuteRoutes: mute_routes,
}
