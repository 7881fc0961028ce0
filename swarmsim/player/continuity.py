"""The expectation that tasks keep running: those that run when a window begins, one by one, to its end.

A count of running tasks would not do: it stays the same when one is lost and another takes its place.
"""

from core.ids import TaskId
from core.timing import MS, SECOND
from swarmsim.counting import counted
from swarmsim.player.census import Census
from swarmsim.player.convergence import healthy_containers
from swarmsim.recording import Ruling, Verdict
from swarmsim.scenario.expectations import Expectation, KeepsRunning
from swarmsim.task_names import task_name
from swarmsim.world import World

LOOK_NS = 50 * MS


class Continuity:
    """Judges one such expectation. A task that has ended never runs again, so that no end falls between two looks."""

    def __init__(self, world: World, origin_ns: int, census: Census, expectation: Expectation) -> None:
        claim = expectation.claim
        assert isinstance(claim, KeepsRunning)
        self._world = world
        self._census = census
        self._origin_ns = origin_ns
        self._expectation = expectation
        self._of = claim.of
        self._until_ns = origin_ns + claim.window.to_ns
        self._names: dict[TaskId, str] = {}
        self._look_count = 0
        self._over = False
        self._lost: tuple[int, str] | None = None
        world.look_at(origin_ns + claim.window.from_ns, self._begin)  # what happens at that very instant comes first

    def verdict(self) -> Verdict:
        """Unknown if no such task ran, or the run was over before the window was."""
        name, count, line = self._expectation.text, self._look_count, self._expectation.line
        if self._lost is not None:
            at_ns, task = self._lost
            detail = f"{task} did not at {at_ns / SECOND:.3f} s"
            return Verdict(name, Ruling.VIOLATED, detail, count, at_ns, line=line)
        if not self._names:
            return Verdict(name, Ruling.UNKNOWN, "none ran when the window began", count, line=line)
        if not self._over:
            return Verdict(name, Ruling.UNKNOWN, "the run ended before the window did", count, line=line)
        return Verdict(name, Ruling.HELD, f"{counted(len(self._names), 'task')} did", count, line=line)

    def _begin(self) -> None:
        hosts = {self._world.node_id(host): host for host in self._world.hosts()}
        self._census.look()
        for task in self._census.running(self._of):
            host = hosts.get(task.node_id, task.node_id)
            self._names[task.id] = task_name(task.service_name, task.slot, host)
        self._look()

    def _look(self) -> None:
        self._look_count += 1
        running = healthy_containers(self._world)
        lost = [name for task_id, name in self._names.items() if task_id not in running]
        if lost:
            self._lost = (self._world.now_ns - self._origin_ns, lost[0])
        elif self._world.now_ns < self._until_ns - 1:
            self._world.look_at(min(self._world.now_ns + LOOK_NS, self._until_ns - 1), self._look)
        else:
            self._over = True
