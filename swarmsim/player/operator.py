"""What an operator asks of a swarm: small conversations with any manager that answers, repeated until it is done.

A conversation is a generator: it yields an operation and is sent what the swarm answered. A refusal by the swarm's
rules is raised inside it as `RejectedError`; refusals for want of a quorum, lost connections and unknown outcomes are
not its business: the operator asks again, at another manager, for a bounded time.
"""

from collections.abc import Callable, Generator
from typing import Any

from msgspec import Struct

from core.operations import (
    Operation,
    OperationError,
)
from core.raft.effects import Applied, Result
from core.raft.machine import Rejected
from core.timing import MS, SECOND
from swarmsim.world import World


class Pause(Struct, frozen=True):
    """A conversation waits this long before it goes on."""

    pause_ns: int


Conversation = Generator[Operation | Pause, Any, None]
Done = Callable[[str], None]
"""Told once how it ended: empty if well, else why not."""

PATIENCE_NS = 60 * SECOND
RETRY_NS = 200 * MS


class ConversationFailedError(Exception):
    """It cannot be done, and why."""


class RejectedError(ConversationFailedError):
    """The swarm's rules say no."""

    def __init__(self, error: OperationError) -> None:
        super().__init__(error.message)
        self.error = error


class Order(Struct, frozen=True):
    """Something an operator was told to bring about, in words, and when by the world's clock."""

    text: str
    given_at: int


class Operator:
    """Holds any number of conversations at a time."""

    def __init__(self, world: World, patience_ns: int = PATIENCE_NS) -> None:
        self._world = world
        self._patience_ns = patience_ns
        self._turn = 0
        self._open: dict[int, _Talk] = {}
        """Those that go on, by number."""
        self._held_count = 0
        self._order: Order | None = None
        """What the conversation is about that speaks just now: whatever it leads to is a part of it."""

    def hold(self, conversation: Conversation, done: Done, at: str | None = None) -> None:
        """Begin a conversation, with the host `at` or with any manager that is up."""
        self._held_count += 1
        number = self._held_count
        order = self._order or Order("what was asked first", self._world.now_ns)

        def ended(problem: str) -> None:
            done(problem)
            del self._open[number]

        talk = self._open[number] = _Talk(self, conversation, ended, at, order)
        talk.begin()

    def unfinished(self, until_ns: int) -> dict[str, str]:
        """The orders given until then that are neither carried out nor given up: why not, "" if nobody said."""
        reasons: dict[str, str] = {}
        for talk in self._open.values():
            if talk.order.given_at <= until_ns:
                reasons[talk.order.text] = talk.reason or reasons.get(talk.order.text, "")
        return reasons

    def carry_out(self, order: Order, say: Callable[[], None]) -> None:
        """All conversations that begin while this is said are about the order."""
        before, self._order = self._order, order
        try:
            say()
        finally:
            self._order = before

    def next_manager(self) -> str | None:
        """Living managers in turn."""
        managers = [host for host in self._world.hosts() if self._world.store(host) is not None]
        if not managers:
            return None
        self._turn += 1
        return managers[self._turn % len(managers)]

    @property
    def world(self) -> World:
        """The world it works in."""
        return self._world

    @property
    def patience_ns(self) -> int:
        """How long one operation is repeated."""
        return self._patience_ns


class _Talk:
    def __init__(
        self, operator: Operator, conversation: Conversation, done: Done, at: str | None, order: Order
    ) -> None:
        self._operator = operator
        self._world = operator.world
        self._conversation = conversation
        self._done = done
        self._at = at
        self.order = order
        self.reason = ""
        """Why it has come no further: what was last said to it, if that was no answer."""
        self._operation: Operation | None = None
        self._give_up_at = 0

    def begin(self) -> None:
        self._advance(lambda: next(self._conversation))

    def _advance(self, move: Callable[[], Operation | Pause]) -> None:
        self._operator.carry_out(self.order, lambda: self._move(move))

    def _move(self, move: Callable[[], Operation | Pause]) -> None:
        try:
            said = move()
        except StopIteration:
            self._done("")
        except ConversationFailedError as error:
            self._done(str(error))
        else:
            self._go_on(said)

    def _go_on(self, said: Operation | Pause) -> None:
        if isinstance(said, Pause):
            self._world.call_at(
                self._world.now_ns + said.pause_ns, lambda: self._advance(lambda: self._conversation.send(None))
            )
        else:
            self._operation = said
            self._give_up_at = self._world.now_ns + self._operator.patience_ns
            self._ask()

    def _ask(self) -> None:
        assert self._operation is not None
        host = self._at if self._at is not None else self._operator.next_manager()
        if host is None:
            self._again("no manager is up")
        else:
            self._world.submit(host, self._operation, self._answered)

    def _answered(self, result: Result) -> None:
        match result:
            case Applied(value=OperationError() as error) | Rejected(error=error):
                self.reason = error.message
                self._advance(lambda: self._conversation.throw(RejectedError(error)))
            case Applied(value=value):
                self.reason = ""
                self._advance(lambda: self._conversation.send(value))
            case _:
                self._again(result.reason)

    def _again(self, reason: str) -> None:
        self.reason = reason
        if self._world.now_ns >= self._give_up_at:
            self._done(reason)
        else:
            self._world.call_at(self._world.now_ns + RETRY_NS, self._ask)
