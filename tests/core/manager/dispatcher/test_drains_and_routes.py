"""Stories of the dispatcher: which tables hosts are given, and whose stops wait for them."""

import pytest
from dispatcher_bench import FRONT, LONGEST_GRACE_NS, TIMING, WEB, A, B, Leader, Pair, acknowledgement, task
from msgspec.structs import replace

from core.ids import NodeId, TaskId
from core.manager.dispatcher import conversations, dispatcher, window
from core.mesh import tables, transfer
from core.mesh.routes import RouteChanges
from core.mesh.transfer import MAX_RECORDS
from core.messages import (
    Routes,
    RoutesAck,
)
from core.objects.node import NodeState
from core.objects.task import TaskState
from core.operations import Kind
from core.timing import LAN, MS, SECOND


@pytest.fixture
def leader() -> Leader:
    return Leader()


@pytest.fixture
def pair() -> Pair:
    return Pair()


# Draining


def test_a_stop_is_told_when_every_table_is_without_the_task_and_its_connections_had_their_grace(pair: Pair) -> None:
    pair.want("web.1", TaskState.SHUTDOWN)
    assert pair.stops_told() == []
    pair.beat(pair.sessions, 500 * MS)
    pair.acknowledge(B, pair.sessions[B])  # the last table without it
    pair.beat(pair.sessions, 500 * MS + LAN.drain_grace_ns - 1)
    assert pair.stops_told() == []
    pair.beat(pair.sessions, 500 * MS + LAN.drain_grace_ns)
    assert pair.stops_told() == ["web.1"]


def test_a_table_that_is_never_acknowledged_is_not_waited_for_longer_than_its_timeout(pair: Pair) -> None:
    pair.want("web.1", TaskState.SHUTDOWN)
    pair.acknowledge(A, pair.sessions[A])
    pair.beat(pair.sessions, LAN.drain_ack_timeout_ns + LAN.drain_grace_ns - 1)
    assert pair.stops_told() == []
    pair.beat(pair.sessions, LAN.drain_ack_timeout_ns + LAN.drain_grace_ns)
    assert pair.stops_told() == ["web.1"]


def test_a_lost_node_is_not_waited_for(pair: Pair) -> None:
    pair.want("web.1", TaskState.SHUTDOWN)
    pair.acknowledge(A, pair.sessions[A])
    pair.beat({A: pair.sessions[A]}, LONGEST_GRACE_NS + TIMING.heartbeat_ns)
    assert pair.state(B) == NodeState.DOWN
    pair.acknowledge(A, pair.sessions[A])
    pair.beat({A: pair.sessions[A]}, LONGEST_GRACE_NS + TIMING.heartbeat_ns + LAN.drain_grace_ns)
    assert pair.now < LAN.drain_ack_timeout_ns + LAN.drain_grace_ns
    assert pair.stops_told() == ["web.1"]


def test_a_task_that_takes_no_connections_is_stopped_at_once(pair: Pair) -> None:
    pair.create(task("starting", A, TaskState.STARTING))
    pair.acknowledge(A, pair.sessions[A])
    pair.want("starting", TaskState.SHUTDOWN)
    assert pair.stops_told() == ["starting"]


def test_a_new_leader_waits_once_more(pair: Pair) -> None:
    pair.want("web.1", TaskState.SHUTDOWN)
    pair.begin()
    pair.sessions = {A: pair.register(A)}
    assert pair.stops_told() == []
    pair.beat(pair.sessions, LAN.drain_ack_timeout_ns + LAN.drain_grace_ns - 1)
    assert pair.stops_told() == []  # B, which was not heard, may still carry the old table
    pair.beat(pair.sessions, LAN.drain_ack_timeout_ns + LAN.drain_grace_ns)
    assert pair.stops_told() == ["web.1"]


def test_a_stop_that_is_wanted_before_anybody_has_registered_with_a_new_leader_drains_too(pair: Pair) -> None:
    pair.begin()
    pair.want("web.1", TaskState.SHUTDOWN)
    pair.sessions = {A: pair.register(A)}
    assert pair.stops_told() == []  # B still carries the table of the leader before
    pair.beat(pair.sessions, LAN.drain_grace_ns)
    assert pair.stops_told() == []
    pair.sessions[B] = pair.register(B)
    assert pair.stops_told() == []
    pair.acknowledge(B, pair.sessions[B])
    pair.beat(pair.sessions, 2 * LAN.drain_grace_ns - 1)
    assert pair.stops_told() == []
    pair.beat(pair.sessions, 2 * LAN.drain_grace_ns)
    assert pair.stops_told() == ["web.1"]


@pytest.mark.parametrize("registers", [A, B])
def test_it_is_not_withheld_for_longer_than_the_timeout_and_its_grace(pair: Pair, registers: NodeId) -> None:
    pair.begin()
    pair.want("web.1", TaskState.SHUTDOWN)
    pair.sessions = {registers: pair.register(registers)}
    pair.beat(pair.sessions, LAN.drain_ack_timeout_ns + LAN.drain_grace_ns - 1)
    assert pair.dispatcher.withheld(pair.store.tasks[TaskId("web.1")])
    pair.beat(pair.sessions, LAN.drain_ack_timeout_ns + LAN.drain_grace_ns)
    assert not pair.dispatcher.withheld(pair.store.tasks[TaskId("web.1")])


def test_nothing_drains_on_a_node_that_is_down(pair: Pair) -> None:
    pair.until(LONGEST_GRACE_NS)
    assert pair.state(A) == NodeState.DOWN
    pair.want("web.1", TaskState.SHUTDOWN)
    assert not pair.dispatcher.withheld(pair.store.tasks[TaskId("web.1")])


def test_a_task_may_have_a_grace_of_its_own(pair: Pair) -> None:
    pair.give_grace("web.1", 3 * SECOND)
    pair.want("web.1", TaskState.SHUTDOWN)
    pair.acknowledge_all()
    pair.beat(pair.sessions, 3 * SECOND - 1)
    assert pair.stops_told() == []
    pair.beat(pair.sessions, 3 * SECOND)
    assert pair.stops_told() == ["web.1"]


def test_a_task_may_have_no_grace(pair: Pair) -> None:
    pair.give_grace("web.1", 0)
    pair.want("web.1", TaskState.SHUTDOWN)
    pair.acknowledge_all()
    pair.until(pair.now)
    assert pair.stops_told() == ["web.1"]


def test_a_task_keeps_its_grace_though_its_service_is_removed_and_the_leader_changes(pair: Pair) -> None:
    pair.give_grace("web.1", 20 * SECOND)
    pair.delete(Kind.SERVICE, WEB)
    pair.want("web.1", TaskState.REMOVE)
    pair.acknowledge_all()
    pair.beat(pair.sessions, 5 * SECOND)
    pair.begin()
    pair.sessions = {node_id: pair.register(node_id) for node_id in (A, B)}
    since = pair.now
    pair.acknowledge_all()
    pair.beat(pair.sessions, since + 20 * SECOND - 1)
    assert pair.stops_told() == []
    pair.beat(pair.sessions, since + 20 * SECOND)
    assert pair.stops_told() == ["web.1"]


# Routes


def test_a_session_begins_with_a_whole_table_and_goes_on_with_deltas(leader: Leader) -> None:
    leader.create(task("web.1", A))
    leader.register(A)
    (whole,) = leader.take(A, Routes)
    assert whole.changes.from_version == 0
    leader.receive(A, acknowledgement(whole))
    leader.create(task("web.22", A))
    (delta,) = leader.take(A, Routes)
    assert delta.changes.from_version == whole.changes.to_version


def test_a_data_plane_that_failed_gets_the_whole_table_again_after_a_while(pair: Pair) -> None:
    pair.want("web.1", TaskState.SHUTDOWN)
    (delta,) = pair.take(B, Routes)
    assert delta.changes.from_version > 0
    pair.receive(B, RoutesAck(pair.sessions[B], 0, delta.changes.to_version, 0, "no room"))
    assert pair.take(B, Routes) == []
    pair.until(TIMING.backoff_max_ns)
    assert pair.take(B, Routes)[0].changes.from_version == 0


def test_a_write_that_changes_no_table_sends_no_table(pair: Pair) -> None:
    node = pair.store.nodes[B]
    pair.write(lambda draft: draft.update(replace(node, spec=replace(node.spec, labels={"rack": "1"}))))
    assert pair.take(A, Routes) == pair.take(B, Routes) == []


def test_many_agents_are_spoken_to_in_several_steps(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "MAX_SPOKEN", 1)
    pair.create(task("web.333", A))
    assert [len(pair.take(node_id, Routes)) for node_id in (A, B)] == [1, 0]
    assert pair.dispatcher.deadline() == 0
    pair.until(pair.now)
    assert [len(pair.take(node_id, Routes)) for node_id in (A, B)] == [0, 1]


def test_an_agent_that_was_not_spoken_to_yet_is_waited_for(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "MAX_SPOKEN", 1)
    pair.want("web.1", TaskState.SHUTDOWN)
    (table,) = pair.take(A, Routes)
    pair.receive(A, acknowledgement(table))
    pair.until(pair.now + LAN.drain_grace_ns)
    assert pair.dispatcher.withheld(pair.store.tasks[TaskId("web.1")])


def test_a_removed_network_is_kept_until_every_agent_has_heard_of_its_removal(pair: Pair) -> None:
    pair.delete(Kind.TASK, "web.1")
    pair.delete(Kind.TASK, "web.22")
    pair.delete(Kind.SERVICE, WEB)
    pair.delete(Kind.NETWORK, FRONT)
    pair.acknowledge(A, pair.sessions[A])
    assert pair.networks_remembered() == 1
    pair.acknowledge(B, pair.sessions[B])
    assert pair.networks_remembered() == 0


# Routes in parts


def test_a_large_table_comes_in_parts_one_at_a_time(leader: Leader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "MAX_RECORDS", 2)
    for number in range(4):
        leader.create(task("t" * (number + 1), A))
    leader.acknowledge(A, leader.register(A))
    leader.register(A)
    seen: list[RouteChanges] = []
    while tables := leader.take(A, Routes):
        (table,) = tables
        seen.append(table.changes)
        leader.receive(A, acknowledgement(table))
    count = 1 + 1 + 4 + 4  # the network, the service, a neighbour and a backend for each task
    assert [(part.position, part.last) for part in seen] == [(at, at + 2 == count) for at in range(0, count, 2)]
    [(from_version, to_version)] = {(part.from_version, part.to_version) for part in seen}
    assert from_version == 0 < to_version


def test_a_part_is_not_yet_the_version(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop waits for hosts that have programmed some of the table without the task."""
    monkeypatch.setattr(transfer, "MAX_RECORDS", 1)
    pair.create(task("web.333", A))
    pair.want("web.1", TaskState.SHUTDOWN)
    pair.acknowledge(A, pair.sessions[A])
    for _ in range(2):
        (table,) = pair.take(B, Routes)
        pair.receive(B, acknowledgement(table))
    pair.beat(pair.sessions, pair.now + LAN.drain_grace_ns)
    assert pair.stops_told() == []
    pair.acknowledge(B, pair.sessions[B])
    pair.beat(pair.sessions, pair.now + LAN.drain_grace_ns)
    assert pair.stops_told() == ["web.1"]


def test_what_changes_meanwhile_does_not_change_a_transfer(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "MAX_RECORDS", 1)
    pair.create(task("web.333", A))
    (first,) = pair.take(B, Routes)
    pair.create(task("web.4444", A))
    pair.receive(B, acknowledgement(first))
    (second,) = pair.take(B, Routes)
    assert (second.changes.to_version, second.changes.last) == (first.changes.to_version, True)
    pair.receive(B, acknowledgement(second))
    (third,) = pair.take(B, Routes)
    assert third.changes.from_version == first.changes.to_version


def test_an_agent_that_stands_at_nothing_begins_again(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its data plane failed, and the message that said so was lost."""
    monkeypatch.setattr(transfer, "MAX_RECORDS", 1)
    pair.create(task("web.333", A))
    (table,) = pair.take(B, Routes)
    pair.receive(B, RoutesAck(pair.sessions[B], 0, table.changes.to_version, 0))
    (again,) = pair.take(B, Routes)
    assert (again.changes.from_version, again.changes.position) == (0, 0)


def test_agents_wait_for_their_turn_when_too_much_is_under_way(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "MAX_UNDER_WAY", MAX_RECORDS + 1)
    pair.create(task("web.333", A))
    (table,) = pair.take(A, Routes)
    assert pair.take(B, Routes) == []
    pair.receive(A, acknowledgement(table))
    pair.until(pair.now)
    assert len(pair.take(B, Routes)) == 1


def test_a_silent_agent_holds_up_nobody_for_long(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "MAX_UNDER_WAY", MAX_RECORDS + 1)
    pair.create(task("web.333", A))
    pair.until(pair.now + TIMING.backoff_max_ns)
    assert len(pair.take(B, Routes)) >= 1


def test_tables_that_take_long_to_work_out_are_told_when_they_are_whole(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "SETTLED_PER_STEP", 1)
    pair.write(lambda draft: [draft.create(task("t" * number, A)) for number in range(7, 10)])
    assert pair.take(B, Routes) == []
    assert pair.dispatcher.deadline() == 0
    pair.until(pair.now)
    (table,) = pair.take(B, Routes)
    assert len(table.changes.changed) == 6


def test_transfers_that_begin_are_spread_over_steps(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations, "MAX_GATHERED", 1)
    pair.create(task("web.333", A))
    assert [len(pair.take(node_id, Routes)) for node_id in (A, B)] == [1, 0]
    assert pair.dispatcher.deadline() == 0
    pair.until(pair.now)
    assert [len(pair.take(node_id, Routes)) for node_id in (A, B)] == [0, 1]
