"""The ports of a host: what its driver must provide, as types.

A port takes an effect and a `deliver` callback and never waits; whatever comes of the effect is delivered as an event,
now or later. One contract suite (tests/contracts) runs over the simulated and the real implementation of each.
"""

from collections.abc import Callable
from typing import Protocol

from core.durability import Persist
from core.effects import (
    MakeKeys,
    OpenLog,
    Peers,
    PrepareTask,
    ProgramRoutes,
    RemoveTask,
    SendTo,
    StartTask,
    StopTask,
)
from core.events import Event
from core.raft.effects import Send

Deliver = Callable[[Event], None]


class Storage(Protocol):
    """One FIFO of records: a crash leaves a prefix of it, at least up to the last `Persisted` delivered."""

    def persist(self, effect: Persist, deliver: Deliver) -> None:
        """Write and sync; deliver `Persisted` (it may cover several writes) or `PersistFailed`, once and for good."""


class Transport(Protocol):
    """Messages to other hosts: may be lost, never corrupted, sender and recipient as the other side stated them."""

    def send(self, effect: Send | SendTo) -> None:
        """Hand over a message; nothing tells whether it arrived."""

    def peers(self, effect: Peers) -> None:
        """Learn where the other hosts are.

        Whoever is not named, or cannot be reached where it is said to be, is answered where it was last heard from.
        """


class Engine(Protocol):
    """The container engine. Orders may be repeated, and then have the effect of one.

    Each is answered by at least one `TaskReported` with its operation id, never within the call, unless a later order
    on its task, to stop or to remove it, has ended what it asked for. Orders on one task are carried out in the order
    given.
    """

    def perform(self, effect: PrepareTask | StartTask | StopTask | RemoveTask, deliver: Deliver) -> None:
        """Carry out an order on one task's container."""


class DataPlane(Protocol):
    """Whatever forwards packets by the route table."""

    def program(self, effect: ProgramRoutes, deliver: Deliver) -> None:
        """Program the effect's part as `RouteChanges` says, after those given before; deliver `RoutesApplied`.

        Or `RoutesFailed`, with the table as it was: what cannot be programmed, and what does not follow on what is.
        Either once, in the order given, with the effect's ticket; a part is never dropped because of a later one.
        The newest effect may be given again: while it is not answered that changes nothing, and afterwards the same
        answer is delivered again and nothing is programmed. A ticket is unique to a life of the host (to a `deliver`).
        A whole table (from version 0) may begin at any time. Forwarding never stops meanwhile.
        """


class KeyMaker(Protocol):
    """The source of secrets: no two of them alike, and none to be foreseen."""

    def __call__(self, effect: MakeKeys, deliver: Deliver) -> None:
        """Deliver `KeyMaterial` with the ticket and the lengths asked for, once and never within the call."""


class LogOpener(Protocol):
    """What has a locked host's log: open on the disk, or sealed with the unlock key (`SealWith`)."""

    def __call__(self, effect: OpenLog, deliver: Deliver) -> None:
        """Deliver `LogOpened`, or `LogNotOpened` with the reason, once and never within the call.

        After `LogOpened` the state of the container engine is told anew, as at a start.
        """
