"""The shape of a control loop: reads the head, hears of its changes, writes drafts."""

from typing import Protocol

from core.manager.draft import Draft
from core.manager.task_moves import Writer
from core.operations import Kind
from core.parts import Parts
from core.store import Changed


class Reconciler(Protocol):
    """Made with the head it reads. Keeps only what `rebuild` could find again in the head.

    What no store holds (when a timer began, how often a task failed here) may start afresh under a new leader.
    """

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The tables whose changes it wants to hear of."""

    @property
    def writer(self) -> Writer:
        """As which party it writes tasks."""

    def rebuild(self, now: int) -> Parts:
        """Learn the head as it is, part by part: once, before anything else, and while no store changes."""

    def on_change(self, now: int, change: Changed) -> None:
        """The head changed, by anyone's draft, its own included. Takes note; writes nothing."""

    def reconcile(self, now: int, draft: Draft) -> None:
        """Do a bounded part of what there is to do; stop, still dirty, when `draft.full`.

        Whoever may look at many objects to write few says so (`draft.look`) and stops when the draft is `spent`.
        """

    @property
    def dirty(self) -> bool:
        """Whether `reconcile` has something to do now (timers apart)."""

    def deadline(self) -> int | None:
        """When time alone will give it something to do; None = never."""
