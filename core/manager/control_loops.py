"""Runs reconcilers over one head until there is nothing to do, one bounded draft at a time.

Theory of operation. Every write to the head is told to each reconciler that reads its table, after the reconciler
that wrote it has returned. A round runs the dirty ones and those whose time has come, in their given order; rounds
follow until one writes nothing. A full draft takes no further objects, but still takes changes of those it has: so
the tasks that an orchestrator makes in one round get their addresses and their nodes in the next ones, in the same
transaction. For this, those who work on what others made come before them: older work has first claim. Each write to a
task must be one that is its writer's (`core.manager.task_moves`).

Most reconcilers get work from the head's changes and from time alone, so when they next have some is remembered until
one of them has been told of a change or has run. The others, `outside`, hear of messages and of what was committed as
well; they are few, and are asked each time.
"""

from collections.abc import Callable, Sequence
from typing import Final

from core.manager.draft import Draft
from core.manager.reconciler import Reconciler
from core.manager.task_moves import Writer, may_write
from core.operations import Kind
from core.parts import Parts
from core.store import Changed, Transaction
from core.timing import NEVER

_AT_ONCE: Final = -1


class ControlLoops:
    """The reconcilers of one leader; those `outside` come first."""

    def __init__(self, inside: Sequence[Reconciler], outside: Sequence[Reconciler] = ()) -> None:
        self._inside = tuple(inside)
        self._outside = tuple(outside)
        self._inside_at: int | None = None
        """When those inside next have something to do; None while that has to be found out."""
        self._reconcilers = self._outside + self._inside
        self._listeners: dict[Kind, list[Callable[[int, Changed], None]]] = {
            kind: [reconciler.on_change for reconciler in self._reconcilers if kind in reconciler.kinds]
            for kind in Kind
        }

    def rebuild(self, now: int) -> Parts:
        """Let every reconciler learn the head as it is: to be finished before anything else is asked of them."""
        for reconciler in self._reconcilers:
            yield from reconciler.rebuild(now)
        self._inside_at = None

    def tell(self, now: int, draft: Draft, writer: Writer | None = None) -> bool:
        """Pass on what was written to the head since; whether anything was. Tasks may be written by `writer` alone."""
        feed = draft.take_feed()
        self._inside_at = None
        for change in feed:
            if writer is not None and change.kind is Kind.TASK:
                assert may_write(writer, change.old, change.new), (writer, change.old, change.new)
            for listener in self._listeners[change.kind]:
                listener(now, change)
        return bool(feed)

    def run(self, now: int, draft: Draft) -> Transaction | None:
        """One draft's worth of work; None if nothing was written.

        If that is because enough was looked at for one step, `deadline` asks to go on at once.
        """
        while self._round(now, draft):
            pass
        if draft.empty:
            assert draft.spent or not any(reconciler.dirty for reconciler in self._reconcilers), self._busy()
            return None
        return draft.transaction()

    def _round(self, now: int, draft: Draft) -> bool:
        wrote = False
        for reconciler in self._reconcilers:
            if reconciler.dirty or _is_due(reconciler, now):
                reconciler.reconcile(now, draft)
                wrote = self.tell(now, draft, reconciler.writer) or wrote
        return wrote

    def deadline(self, now: int) -> int | None:
        """When `run` has something to do: `now` if there is work already."""
        if self._inside_at is None:
            self._inside_at = _work_at(self._inside)
        earliest = min(_work_at(self._outside), self._inside_at)
        if earliest == _AT_ONCE:
            return now
        return earliest if earliest < NEVER else None

    def check_invariants(self) -> None:
        """Assert that nobody inside has got work unnoticed."""
        assert self._inside_at is None or self._inside_at == _work_at(self._inside), self._busy()

    def _busy(self) -> list[str]:
        return [type(reconciler).__name__ for reconciler in self._reconcilers if reconciler.dirty]


def _is_due(reconciler: Reconciler, now: int) -> bool:
    at = reconciler.deadline()
    return at is not None and at <= now


def _work_at(reconcilers: Sequence[Reconciler]) -> int:
    earliest = NEVER
    for reconciler in reconcilers:
        if reconciler.dirty:
            return _AT_ONCE
        at = reconciler.deadline()
        if at is not None and at < earliest:
            earliest = at
    return earliest
