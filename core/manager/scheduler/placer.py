"""Placing the tasks of one service version, now and later: the best node, or the reason why there is none.

Theory of operation. A placer has a tree of the nodes (`core.manager.scheduler.preferences`) and, once no node was
found, the filter that each of them fails. Between two placements it only looks at the nodes that the fleet's journal
tells, its own placements among them. It begins anew, as if just made, if nodes came, went or moved to another branch,
if the journal does not reach back, or if it is told more than it has looked at altogether: beginning costs less then.
What it finds is always what one would find by filtering and ranking all nodes.
"""

from core.manager.scheduler.division import Division, descriptors_of
from core.manager.scheduler.filters import Pipeline
from core.manager.scheduler.fleet import Fleet
from core.manager.scheduler.node_info import NodeInfo, ServiceVersion
from core.manager.scheduler.preferences import Tree
from core.manager.scheduler.reasons import Reasons
from core.manager.scheduler.spread import Ranks
from core.objects.task import Task
from core.timing import NEVER

FREE_LOOKS = 50
"""So many changes are caught up with whatever a new beginning would cost."""


class Placer:
    """To be told the time by `resume` before it is asked, in each step."""

    __slots__ = (
        "_begun_at_look", "_descriptors", "_division", "_failing_until", "_fleet", "_generation", "_mark", "_now",
        "_pipeline", "_ranks", "_reasons", "_service", "_touch_count", "_tree",
    )  # fmt: skip

    def __init__(self, fleet: Fleet, task: Task, now: int) -> None:
        self._fleet = fleet
        self._pipeline = Pipeline(task)
        self._descriptors = descriptors_of(task.spec.placement.preferences)
        self._service: ServiceVersion = (task.service_id, task.spec_version)
        self._mark: int
        """How far the journal is read."""
        self._division: Division
        self._generation: int
        """The division's, when the tree was made."""
        self._failing_until: int
        """When the first failure that counts is forgotten."""
        self._ranks: Ranks
        self._reasons: Reasons | None
        """None until they are asked for."""
        self._begin(now)

    @property
    def look_count(self) -> int:
        """How often it has put a node to the filters."""
        return self._pipeline.look_count

    def resume(self, now: int) -> None:
        """Some time has passed, and nodes may have changed."""
        told = self._fleet.journal.since(self._mark)
        division = self._fleet.division(self._descriptors)
        known = division is self._division and division.generation == self._generation
        if told is None or not known or len(told) > self._looks_since_begun() + FREE_LOOKS or self._is_swollen():
            self._begin(now)
            return
        self._now = now
        if now >= self._failing_until:
            self._failing_until = NEVER
            for node_id in list(self._ranks.failures):
                info = self._fleet.info(node_id)
                if info is not None:
                    self._touch(info)

    def best(self) -> NodeInfo | None:
        """The node for the next task, which the caller must place before it asks again; None if there is none."""
        self._catch_up()
        return self._tree.best()

    def reason(self) -> str:
        """Why there is none."""
        self._catch_up()
        if self._reasons is None:
            self._reasons = Reasons(self._pipeline, self._fleet.infos)
        return str(self._reasons)

    def _begin(self, now: int) -> None:
        fleet = self._fleet
        self._now = now
        self._begun_at_look = self.look_count
        self._touch_count = 0
        self._mark = fleet.journal.mark
        self._division = fleet.division(self._descriptors)
        self._generation = self._division.generation
        self._failing_until = NEVER
        self._ranks = Ranks(self._service[0], {})
        for info in fleet.failing(now, self._service):
            self._note_failures(info)
        self._tree = Tree(self._division, fleet.info, self._pipeline, self._ranks, self._marked)
        self._reasons = None

    def _marked(self) -> list[NodeInfo]:
        failing = (self._fleet.info(node_id) for node_id in self._ranks.failures)
        return self._fleet.hosts_of(self._service[0]) + [info for info in failing if info is not None]

    def _catch_up(self) -> None:
        told = self._fleet.journal.since(self._mark)
        assert told is not None, "nothing but a placement may happen between two questions in one step"
        self._mark += len(told)
        for node_id in told:
            info = self._fleet.info(node_id)
            if info is not None:
                self._touch(info)

    def _touch(self, info: NodeInfo) -> None:
        self._touch_count += 1
        self._note_failures(info)
        self._tree.touch(info)
        if self._reasons is not None:
            self._reasons.look(info)

    def _note_failures(self, info: NodeInfo) -> None:
        failures = info.failure_rank(self._now, self._service)
        if failures:
            self._ranks.failures[info.node.id] = failures
            self._failing_until = min(self._failing_until, info.failures_until(self._service))
        else:
            self._ranks.failures.pop(info.node.id, None)

    def _looks_since_begun(self) -> int:
        return self.look_count - self._begun_at_look

    def _is_swollen(self) -> bool:
        """Whether its heaps may hold much that is out of date."""
        return self._touch_count > FREE_LOOKS + 4 * self._fleet.node_count
