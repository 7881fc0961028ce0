"""Leader's and agent's end of the conversation about one host's routing table, and a link that may do anything.

What happens (a message arrives, twice or late or never; a part is programmed or fails; the store changes; a session
begins) is an action with a number, so that a test draws a list of them as data and a failure shrinks.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from followed_store import NODES, Followed
from route_specification import Programmed

from core.agent.route_inbox import RouteInbox
from core.durability import Tickets
from core.effects import ProgramRoutes
from core.events import RoutesApplied, RoutesFailed
from core.ids import NodeId, SessionId
from core.manager.dispatcher.route_progress import Heard, RouteProgress
from core.mesh.routes import RouteChanges, RouteTable
from core.messages import Routes, RoutesAck
from core.raft.effects import Send

HOST: Final = NODES[0]
LEADER: Final = NodeId("leader")
MAX_ON_LINK: Final = 12
MAX_ROUNDS: Final = 300
"""Far more than a healed conversation takes."""


class Sometimes(Enum):
    """Hard states that schedules have to reach, besides each `Heard`."""

    SESSION_OVER_A_PART = "a session begins while a part of the last one is with the data plane"
    WHOLE_TABLE_TWICE = "another leader's table of the very version begins while a part of the last one's is there"
    ORDER_LOST = "the data plane never hears of an order until it is given again"
    REPORT_LOST = "the data plane does what it is told, and nobody hears of it until it is told again"


class RouteLink:
    """`progress` is the leader's view of the host, `inbox` the agent's, `programmed` what its data plane carries."""

    def __init__(self, history: list[list[Any]]) -> None:
        self.followed = Followed()
        self._history = list(history)
        self.progress = RouteProgress()
        self.inbox = RouteInbox(Tickets())
        self.programmed = Programmed()
        self.link: list[Routes | RoutesAck] = []
        self.reached: set[Heard | Sometimes] = set()
        self.now = 0
        self._programming: list[ProgramRoutes] = []
        self._answered: RoutesApplied | RoutesFailed | None = None
        self._whole_versions: set[int] = set()
        """Versions that the host has programmed all of in this session."""
        self._session = 0
        self.write(0)  # no host speaks to a leader that has nothing in its store

    @property
    def session_id(self) -> SessionId:
        return SessionId(f"session {self._session}")

    # What may happen

    def write(self, number: int) -> None:
        """The next change of the history."""
        if self._history:
            self.followed.apply(self._history.pop(0))

    def send(self, number: int) -> None:
        """The leader says what is due, for the first time or again."""
        if not self.progress.under_way:
            if not self._is_behind():
                return
            self.progress.begin(self.followed.tables.transfer(HOST, self.progress.version))
        self._put(Routes(self.session_id, self.progress.part()))

    def deliver(self, number: int, keep: bool = False) -> None:
        """Some message arrives, perhaps not for the last time."""
        if not self.link:
            return
        place = number % len(self.link)
        message = self.link[place] if keep else self.link.pop(place)
        if message.session_id != self.session_id:
            return
        if isinstance(message, Routes):
            self._agent_does(lambda out: self.inbox.received(self.now, LEADER, message, out))
            self._note_fit(message.changes)
        else:
            self._hear(message)

    def lose(self, number: int) -> None:
        """Some message does not arrive."""
        if self.link:
            self.link.pop(number % len(self.link))

    def program(self, number: int, fails: bool = False, mute: bool = False) -> None:
        """The data plane comes to its next part, and perhaps does not say so."""
        if not self._programming:
            return
        order = self._programming.pop(0)
        part = order.changes
        if fails or not self.programmed.takes(part):
            self._answered = RoutesFailed(order.ticket, "no room")
        else:
            self._carry_out(part)
            self._answered = RoutesApplied(order.ticket)
        if mute:
            self.reached.add(Sometimes.REPORT_LOST)
        else:
            self._report(self._answered)

    def lose_order(self, number: int) -> None:
        """The data plane forgets what it was told."""
        if self._programming:
            self._programming.pop(0)
            self.reached.add(Sometimes.ORDER_LOST)

    def wait(self, number: int) -> None:
        """It is time for whatever the agent waits for."""
        deadline = self.inbox.deadline()
        if deadline is not None:
            self.now = deadline
            self._agent_does(lambda out: self.inbox.tick(self.now, out))

    def _carry_out(self, part: RouteChanges) -> None:
        before, self.programmed = self.programmed.table, self.programmed.after(part)
        self._check_that_nothing_valid_is_lost(before, part.to_version)
        if part.last:
            self._whole_versions.add(part.to_version)

    def _report(self, answer: RoutesApplied | RoutesFailed) -> None:
        def hear(out: list[Any]) -> None:
            if isinstance(answer, RoutesApplied):
                self.inbox.applied(self.now, answer, self.session_id, LEADER, out)
            else:
                self.inbox.failed(self.now, answer, self.session_id, LEADER, out)

        self._agent_does(hear)

    def new_session(self, number: int, another_leader: bool = False) -> None:
        """Agent and leader begin anew; what the data plane was given it still works off."""
        if another_leader:
            self.followed.change_leader()
        if self._programming:
            self.reached.add(Sometimes.SESSION_OVER_A_PART)
        self._session += 1
        self._whole_versions.clear()
        self.progress = RouteProgress()
        self.inbox.begin()

    # How

    def _is_behind(self) -> bool:
        """Whether the host's table may be older than its latest; that of a node which was removed is to be empty."""
        version, tables = self.progress.version, self.followed.tables
        if HOST not in self.followed.store.nodes:
            return version < tables.version
        return not version or tables.changed_at(HOST) > version

    def _put(self, message: Routes | RoutesAck) -> None:
        if len(self.link) < MAX_ON_LINK:
            self.link.append(message)

    def _agent_does(self, act: Callable[[list[Any]], None]) -> None:
        out: list[Any] = []
        act(out)
        for effect in out:
            if isinstance(effect, Send):
                self._put(effect.message)
            else:
                self._take(effect)

    def _take(self, order: ProgramRoutes) -> None:
        """An order reaches the data plane, for the first time or again."""
        if self._answered is not None and self._answered.ticket == order.ticket:
            self._report(self._answered)
        elif order not in self._programming:
            self._programming.append(order)

    def _note_fit(self, part: RouteChanges) -> None:
        """Whether this part begins what another, which is still with the data plane, could be taken for a part of."""
        for order in self._programming:
            other = order.changes
            versions = (other.from_version, other.to_version)
            if not (part.position or other.last) and versions == (0, part.to_version) and other.changed != part.changed:
                self.reached.add(Sometimes.WHOLE_TABLE_TWICE)

    def _hear(self, ack: RoutesAck) -> None:
        heard = self.progress.heard(ack)
        self.reached.add(heard)
        if heard is Heard.VERSION:
            assert self.progress.version in self._whole_versions, "acknowledged, but not programmed"

    def _check_that_nothing_valid_is_lost(self, before: RouteTable, version: int) -> None:
        target = self.followed.past[version][HOST]
        lost = [key for key in before if key in target and key not in self.programmed.table]
        assert not lost, lost

    # What must hold

    def check(self) -> None:
        """A table that is of a version is the one computed afresh for it; the data plane never has much to do."""
        assert len(self._programming) <= 1
        version = self.programmed.version
        assert not version or self.programmed.table == self.followed.past[version][HOST], version

    def heal(self) -> None:
        """All goes well from now on, until the leader knows that the host is up to date."""
        while self._history:
            self.write(0)
        for _ in range(MAX_ROUNDS):
            self.send(0)
            while self.link or self._programming:
                self.deliver(0)
                self.program(0)
                self.check()
            self.wait(0)
            if not self._is_behind():
                break
        else:
            raise AssertionError(f"stuck at version {self.progress.version}")
        assert self.programmed.version == self.progress.version
        assert self.programmed.table == self.followed.past[self.followed.store.index][HOST]


ACTIONS: Final[dict[str, Callable[[RouteLink, int], None]]] = {
    "write": RouteLink.write,
    "send": RouteLink.send,
    "deliver": RouteLink.deliver,
    "deliver the oldest": lambda link, number: link.deliver(0),
    "repeat": lambda link, number: link.deliver(number, keep=True),
    "lose": RouteLink.lose,
    "program": RouteLink.program,
    "fail to program": lambda link, number: link.program(number, fails=True),
    "program without a word": lambda link, number: link.program(number, mute=True),
    "lose an order": RouteLink.lose_order,
    "wait": RouteLink.wait,
    "begin a session": RouteLink.new_session,
    "another leader": lambda link, number: link.new_session(number, another_leader=True),
}
"""Each with a number that chooses among what there is."""
