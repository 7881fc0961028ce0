"""The dispatcher of the leading host."""

from random import Random

from core.effects import Effect
from core.ids import NodeId
from core.manager.draft import Draft
from core.messages import ToManager
from core.operations import Kind
from core.store import Changed, Store
from core.timing import Timing


class Dispatcher:
    """A Reconciler for what it writes (status of nodes and tasks); its conversation follows the committed store.

    Made when leadership is ready, dropped with it.
    """

    kinds: tuple[Kind, ...] = ()

    def __init__(self, committed: Store, timing: Timing, rng: Random, now: int) -> None:
        raise NotImplementedError

    # The conversation

    def receive(self, now: int, sender: NodeId, message: ToManager) -> list[Effect]:
        """Register, Beat, AssignmentsAck, RoutesAck, StatusReport, LeaveNotice. (JoinRequest is the Manager's.)"""
        raise NotImplementedError

    def on_committed(self, now: int, index: int, changes: tuple[Changed, ...]) -> list[Effect]:
        """The committed store has applied `index`. To be called for every index, with or without changes."""
        raise NotImplementedError

    def tick(self, now: int) -> list[Effect]:
        """Time has passed: expiry, retries, drains."""
        raise NotImplementedError

    # The reconciler

    def rebuild(self, now: int) -> None:
        """Leadership begins: every node not down is UNKNOWN and gets its failover grace."""
        raise NotImplementedError

    def on_change(self, now: int, change: Changed) -> None:
        """Nothing: it follows the committed store."""

    def reconcile(self, now: int, draft: Draft) -> None:
        """Write what agents reported and which nodes are there."""
        raise NotImplementedError

    @property
    def dirty(self) -> bool:
        """Whether there is something to write."""
        raise NotImplementedError

    def deadline(self) -> int | None:
        """When `tick` has something to do."""
        raise NotImplementedError
