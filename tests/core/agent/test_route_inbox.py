"""The agent's end of the conversation about its host's table: what it hands to the data plane, and what it answers."""

from typing import Any

from core.agent.route_inbox import RouteInbox
from core.durability import Tickets
from core.effects import ProgramRoutes
from core.events import RoutesApplied, RoutesFailed
from core.ids import NetworkId, NodeId, SessionId, Ticket
from core.mesh.routes import Neighbour, RouteChanges
from core.messages import Routes, RoutesAck
from core.raft.effects import Send

LEADER, SESSION = NodeId("leader"), SessionId("session")
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
            self.inbox.received(LEADER, Routes(SESSION, part), out)
            if out and isinstance(out[0], ProgramRoutes):
                self.report(out[0], out)
            answers += [effect.message for effect in out if isinstance(effect, Send)]
        return answers

    def report(self, order: ProgramRoutes, out: list[Any]) -> None:
        if self.fails:
            self.inbox.failed(RoutesFailed(order.ticket, "no room"), SESSION, LEADER, out)
        else:
            self.programmed.append(order.changes)
            self.inbox.applied(RoutesApplied(order.ticket), SESSION, LEADER, out)


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
        inbox.received(LEADER, Routes(SESSION, WHOLE[0]), out)
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
    host.inbox.received(LEADER, Routes(SESSION, WHOLE[0]), out)
    another = Ticket(out.pop().ticket + 1)
    host.inbox.applied(RoutesApplied(another), SESSION, LEADER, out)
    host.inbox.failed(RoutesFailed(another, "no room"), SESSION, LEADER, out)
    assert out == []


def test_a_report_on_a_part_of_the_last_session_says_nothing_of_this_one() -> None:
    """A difference in two parts is under way when the session ends; the whole table to its version is one part."""
    host = Host()
    host.receive(*WHOLE)
    out: list[Any] = []
    host.inbox.received(LEADER, Routes(SESSION, DELTA[0]), out)
    host.inbox.begin()
    whole = RouteChanges(0, 8, 0, True, RECORDS[:3])
    host.inbox.received(LEADER, Routes(SESSION, whole), out)
    of_before, of_now = out
    out.clear()
    host.inbox.applied(RoutesApplied(of_before.ticket), SESSION, LEADER, out)
    assert (host.inbox.version, out) == (0, [])
    host.inbox.failed(RoutesFailed(of_before.ticket, "no room"), SESSION, LEADER, out)
    assert (host.inbox.version, out) == (0, [])
    host.inbox.applied(RoutesApplied(of_now.ticket), SESSION, LEADER, out)
    assert out == [Send(LEADER, standing(8, 8, 0))]
