"""What an agent promises, whatever becomes of its messages: told by what was ever wanted of it, and what it did."""

from collections.abc import Iterable

from pair_objects import WORKER, needed_secrets
from played_engine import Engine, task_in

from core.agent.agent import Agent
from core.effects import PrepareTask, StartTask
from core.ids import TaskId
from core.objects.task import Task, TaskState, is_wanted
from core.operations import Kind
from core.store import Changed


class PairPromises:
    """Told of every change that is committed, of what containers do, and of what the agent has written for good."""

    def __init__(self) -> None:
        self.history: dict[TaskId, list[TaskState]] = {}
        """The states that were committed of each of the worker's tasks."""
        self._assigned: set[TaskId] = set()
        """The tasks that were this worker's at some version."""
        self._wanted_running: set[TaskId] = set()
        """Those that were to run at some version."""
        self._given_up: set[TaskId] = set()
        """Those that were not to run any more, had ended or were gone at some version, or whose container failed."""
        self._desired: dict[TaskId, TaskState] = {}
        """What the agent went by last."""
        self._started_before_removal: dict[TaskId, int] = {}
        """How often those had been started that the agent has written down as gone."""

    def watch(self, changes: Iterable[Changed]) -> None:
        """These are decided."""
        for change in changes:
            if change.kind is Kind.TASK and (change.new is None or not _is_to_run(change.new)):
                self._given_up.add(TaskId(change.id))
            if isinstance(task := change.new, Task) and task.node_id == WORKER:
                self.history.setdefault(task.id, []).append(task.status.state)
                if task.status.state >= TaskState.ASSIGNED:
                    self._assigned.add(task.id)
                if task.desired_state == TaskState.RUNNING:
                    self._wanted_running.add(task.id)

    def may_be_given_up(self, task_id: TaskId) -> None:
        """Its container failed, or may have."""
        self._given_up.add(task_id)

    def removed(self, task_id: TaskId, start_count: int) -> None:
        """It is gone for good, after so many starts."""
        self._started_before_removal[task_id] = start_count

    def check_stops(self, agent: Agent, task_ids: Iterable[TaskId]) -> None:
        """No container is stopped that did not fail and was to run at every version, unless its task has a fence."""
        may_end = {task.id for task in agent.tasks() if task.fence_ns is not None or not _is_to_run(task)}
        assert may_end.union(self._given_up).issuperset(task_ids)

    def check(self, agent: Agent, engine: Engine) -> None:
        self._check_assignments(agent, engine)
        for task_id, states in self.history.items():
            assert states == sorted(states), (task_id, states)
            ended = [state for state in states if state > TaskState.RUNNING]
            assert len(set(ended)) <= 1, (task_id, states)
        for task_id in engine.started:
            assert engine.started.count(task_id) == 1, f"{task_id} was started twice"
        for task_id, start_count in self._started_before_removal.items():
            assert engine.start_count(task_id) <= start_count

    def _check_assignments(self, agent: Agent, engine: Engine) -> None:
        """The agent does only what was wanted of it at some version, and goes back on nothing."""
        ordered = [task_in(order) for order in engine.orders if isinstance(order, PrepareTask | StartTask)]
        tasks = agent.tasks()
        assert self._assigned.issuperset([*ordered, *engine.containers, *(task.id for task in tasks)])
        assert self._wanted_running.issuperset(engine.started)
        for task in tasks:
            assert task.desired_state >= self._desired.get(task.id, TaskState.NEW), f"{task.id} is wanted again"
            self._desired[task.id] = task.desired_state
        assert needed_secrets(tasks, TaskState.ORPHANED).issuperset(agent.secret_ids)


def _is_to_run(task: Task) -> bool:
    return is_wanted(task) and task.status.state <= TaskState.RUNNING
