"""The agent's end of the conversation about its host's table: what it hands to the data plane, and what it answers."""

from functools import partial
from typing import Any

import pytest

from core.agent.route_inbox import RouteInbox
from core.durability import Tickets
from core.effects import ProgramRoutes
from core.events import RoutesApplied, RoutesFailed
from core.ids import NetworkId, NodeId, SessionId, Ticket
from core.mesh.routes import Neighbour, RouteChanges
from core.messages import Routes, RoutesAck
from core.raft.effects import Send
from core.route_order import REPEAT_NS
from core.timing import SECOND

LEADER, SESSION = NodeId("leader"), SessionId("session")
NOW = 7 * SECOND
RECORDS = tuple(Neighbour(NetworkId("front"), f"10.0.0.{n}", NodeId("node"), "198.18.0.1") for n in range(4))
WHOLE = (RouteChanges(0, 5, 0, False, RECORDS[:2]), RouteChanges(0, 5, 2, True, RECORDS[2:]))
DELTA = (RouteChanges(5, 8, 0, False, RECORDS[:1]), RouteChanges(5, 8, 1, True, removed=(RECORDS[3].key,)))


class Host:
    """An inbox whose data plane does at once what it is told, unless it fails."""

    def __init__(self) -> None:
        self.inbox = RouteInbox(Tickets())
        self.programmed: list[RouteChanges] = []
        self.fails = False

    def receive(self, *parts: RouteChanges) -> list[RoutesAck]:
        """The answers to these messages."""
        answers: list[RoutesAck] = []
        for part in parts:
            out: list[Any] = []
            self.inbox.received(NOW, LEADER, Routes(SESSION, part), out)
            if out and isinstance(out[0], ProgramRoutes):
                self.report(out[0], out)
            answers += [effect.message for effect in out if isinstance(effect, Send)]
        return answers

    def report(self, order: ProgramRoutes, out: list[Any]) -> None:
        if self.fails:
            self.inbox.failed(NOW, RoutesFailed(order.ticket, "no room"), SESSION, LEADER, out)
        else:
            self.programmed.append(order.changes)
            self.inbox.applied(NOW, RoutesApplied(order.ticket), SESSION, LEADER, out)


def standing(version: int, towards: int, position: int, reason: str = "") -> RoutesAck:
    return RoutesAck(SESSION, version, towards, position, reason)


def test_each_part_is_programmed_and_the_last_makes_the_version() -> None:
    host = Host()
    assert host.receive(*WHOLE) == [standing(0, 5, 2), standing(5, 5, 0)]
    assert host.receive(*DELTA) == [standing(5, 8, 1), standing(8, 8, 0)]
    assert host.programmed == [*WHOLE, *DELTA]


def test_what_does_not_go_on_where_the_data_plane_stands_is_answered_with_where_that_is() -> None:
    host = Host()
    assert host.receive(WHOLE[1], DELTA[0]) == [standing(0, 0, 0)] * 2
    assert host.receive(WHOLE[0], WHOLE[0]) == [standing(0, 5, 2)] * 2
    beyond = RouteChanges(0, 5, 3, True, RECORDS[3:])
    assert host.receive(beyond) == [standing(0, 5, 2)]
    assert host.receive(WHOLE[1], WHOLE[1], WHOLE[0]) == [standing(5, 5, 0)] * 3
    assert host.programmed == list(WHOLE)


def test_one_part_is_programmed_at_a_time() -> None:
    inbox = RouteInbox(Tickets())
    out: list[Any] = []
    for _ in range(2):
        inbox.received(NOW, LEADER, Routes(SESSION, WHOLE[0]), out)
    (order,) = out
    assert order.changes == WHOLE[0]


def test_after_a_failure_only_a_whole_table_helps() -> None:
    host = Host()
    host.receive(*WHOLE, DELTA[0])
    host.fails = True
    assert host.receive(DELTA[1]) == [standing(0, 8, 0, "no room")]
    host.fails = False
    assert host.receive(*DELTA, WHOLE[0]) == [standing(0, 8, 0)] * 3
    assert host.receive(RouteChanges(0, 8, 0, True, RECORDS[:3])) == [standing(8, 8, 0)]


def test_a_later_whole_table_takes_the_place_of_a_transfer_that_was_begun() -> None:
    host = Host()
    host.receive(*WHOLE, DELTA[0])
    instead = RouteChanges(0, 8, 0, False, RECORDS[:3])
    assert host.receive(instead) == [standing(0, 8, 3)]
    assert host.receive(DELTA[1]) == [standing(0, 8, 3)]


def test_a_report_on_another_part_means_nothing() -> None:
    host = Host()
    out: list[Any] = []
    host.inbox.received(NOW, LEADER, Routes(SESSION, WHOLE[0]), out)
    another = Ticket(out.pop().ticket + 1)
    host.inbox.applied(NOW, RoutesApplied(another), SESSION, LEADER, out)
    host.inbox.failed(NOW, RoutesFailed(another, "no room"), SESSION, LEADER, out)
    assert out == []


def ordered(out: list[Any]) -> list[ProgramRoutes]:
    """What the data plane was told in these effects, which are taken away."""
    orders = [effect for effect in out if isinstance(effect, ProgramRoutes)]
    out.clear()
    return orders


@pytest.mark.parametrize("of_before", [RoutesApplied, partial(RoutesFailed, reason="no room")])
def test_a_report_on_a_part_of_the_last_session_says_nothing_of_this_one(of_before: Any) -> None:
    """A difference in two parts is under way when the session ends; the whole table to its version is one part.

    The data plane has one order at a time: the second waits for the report on the first.
    """
    host = Host()
    host.receive(*WHOLE)
    out: list[Any] = []
    host.inbox.received(NOW, LEADER, Routes(SESSION, DELTA[0]), out)
    (before,) = ordered(out)
    host.inbox.begin()
    whole = RouteChanges(0, 8, 0, True, RECORDS[:3])
    for message in (Routes(SESSION, RouteChanges(0, 7, 0, True)), Routes(SESSION, whole)):
        host.inbox.received(NOW, LEADER, message, out)
    assert out == []
    report = of_before(before.ticket)
    (host.inbox.applied if isinstance(report, RoutesApplied) else host.inbox.failed)(NOW, report, SESSION, LEADER, out)
    (now,) = out
    assert (host.inbox.version, now.changes) == (0, whole), "nothing is told, and the newest that came is ordered"
    out.clear()
    host.inbox.applied(NOW, RoutesApplied(now.ticket), SESSION, LEADER, out)
    assert out == [Send(LEADER, standing(8, 8, 0))]


def test_an_order_without_a_report_is_given_again_and_counts_only_when_there_is_one() -> None:
    inbox = RouteInbox(Tickets())
    out: list[Any] = []
    inbox.received(NOW, LEADER, Routes(SESSION, RouteChanges(0, 5)), out)
    (order,) = ordered(out)
    assert inbox.deadline() == NOW + REPEAT_NS
    inbox.tick(NOW + REPEAT_NS - 1, out)
    assert ordered(out) == []
    for times in (1, 2):
        inbox.tick(NOW + times * REPEAT_NS, out)
        assert ordered(out) == [order], "the very same, with its ticket"
        assert (inbox.version, inbox.deadline()) == (0, NOW + (times + 1) * REPEAT_NS)
    inbox.applied(NOW, RoutesApplied(order.ticket), SESSION, LEADER, out)
    assert out == [Send(LEADER, standing(5, 5, 0))]
    assert inbox.deadline() is None


def test_however_many_sessions_begin_a_silent_data_plane_has_one_order() -> None:
    inbox = RouteInbox(Tickets())
    out: list[Any] = []
    for version in range(1, 20):
        inbox.begin()
        inbox.received(NOW, LEADER, Routes(SESSION, RouteChanges(0, version)), out)
        inbox.tick(NOW + version * REPEAT_NS, out)
    assert {order.ticket for order in ordered(out)} == {Ticket(1)}
