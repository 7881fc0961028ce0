"""Tasks move only as the table allows, and each move is its writer's (`core.manager.task_moves`)."""

from collections.abc import Sequence

from core.manager.task_moves import may_have_moved
from core.objects import Task
from core.operations import Kind
from core.store import Changed
from swarmsim.checks.decisions import DecisionCheck


class TaskMovesAllowed(DecisionCheck):
    """Judged on every transaction: which party made it does not show there, but what the parties may have made does.

    Beside the table: whoever tells something of a task has it on its node, and a task is on one node all its life.
    """

    name = "task-moves-allowed"

    def judge_changes(self, at_ns: int, changes: Sequence[Changed]) -> None:
        for change in changes:
            if change.kind is Kind.TASK:
                self.expect(
                    may_have_moved(change.old, change.new) and _keeps_node(change.old, change.new),
                    at_ns,
                    f"at index {self.store.index} {change.id} goes from {_shown(change.old)} to {_shown(change.new)}",
                )


def _keeps_node(old: Task | None, new: Task | None) -> bool:
    return old is None or new is None or not old.node_id or old.node_id == new.node_id


def _shown(task: Task | None) -> str:
    if task is None:
        return "nothing"
    return f"{task.status.state.name} on {task.node_id or 'no node'}, wanted {task.desired_state.name}"
