"""Stories of the dispatcher: a node keeps its address on a network it has left until its data plane has left it too."""

import pytest
from dispatcher_bench import FRONT, LONGEST_GRACE_NS, TIMING, A, B, Pair, acknowledgement, task
from msgspec.structs import replace

from core.ids import NetworkId, NodeId, TaskId
from core.messages import Routes, RoutesAck
from core.objects import Node, Task
from core.objects.network import NetworkAttachment
from core.objects.node import NodeState
from core.objects.task import TaskState, TaskStatus
from core.operations import Kind


class Balancers(Pair):
    """Both nodes have an address on the network of their one task."""

    def __init__(self) -> None:
        super().__init__()
        for number, node_id in enumerate((A, B)):
            place = NetworkAttachment(FRONT, f"10.0.1.{100 + number}/24")
            self.put(replace(self.head.nodes[node_id], attachments=(place,)))
        self.acknowledge_all()

    def put(self, stored: Node | Task) -> None:
        self.write(lambda draft: draft.update(stored))

    def end(self, task_id: str, state: TaskState = TaskState.SHUTDOWN) -> None:
        """The agent says so."""
        task = self.head.tasks[TaskId(task_id)]
        self.put(replace(task, status=TaskStatus(state), desired_state=TaskState.SHUTDOWN))

    def held(self, node_id: NodeId) -> list[NetworkId]:
        return [place.network_id for place in self.store.nodes[node_id].attachments]


@pytest.fixture
def pair() -> Balancers:
    return Balancers()


def test_an_address_is_given_up_when_the_agent_says_that_its_table_is_without_the_network(pair: Balancers) -> None:
    pair.end("web.1")
    assert pair.held(A) == [FRONT]
    pair.acknowledge(A, pair.sessions[A])
    assert (pair.held(A), pair.held(B)) == ([], [FRONT])


def test_it_is_kept_while_the_data_plane_fails(pair: Balancers) -> None:
    pair.end("web.1")
    for _ in range(3):
        pair.beat(pair.sessions, pair.now + TIMING.backoff_max_ns)
        towards = pair.take(A, Routes)[-1].changes.to_version
        pair.receive(A, RoutesAck(pair.sessions[A], 0, towards, 0, "no room"))
    assert pair.held(A) == [FRONT]
    pair.beat(pair.sessions, pair.now + TIMING.backoff_max_ns)
    pair.acknowledge(A, pair.sessions[A])
    assert pair.held(A) == []


def test_a_table_of_before_the_departure_says_nothing(pair: Balancers) -> None:
    pair.create(task("web.333", B))
    [earlier] = pair.take(A, Routes)
    pair.end("web.1")
    pair.receive(A, acknowledgement(earlier))
    assert pair.held(A) == [FRONT]
    pair.acknowledge(A, pair.sessions[A])
    assert pair.held(A) == []


def test_a_node_that_has_come_back_meanwhile_keeps_its_address(pair: Balancers) -> None:
    pair.end("web.1")
    [without] = pair.take(A, Routes)
    pair.create(task("web.333", A))
    pair.receive(A, acknowledgement(without))
    pair.acknowledge(A, pair.sessions[A])
    assert pair.held(A) == [FRONT]


def test_a_task_that_is_given_up_is_none_that_has_left(pair: Balancers) -> None:
    """Until its record goes, which changes no table any more."""
    pair.end("web.1", TaskState.ORPHANED)
    pair.acknowledge(A, pair.sessions[A])
    assert pair.held(A) == [FRONT]
    pair.delete(Kind.TASK, "web.1")
    pair.acknowledge(A, pair.sessions[A])
    assert pair.held(A) == []


def test_a_node_that_is_lost_keeps_its_address_until_it_is_heard_again(pair: Balancers) -> None:
    pair.end("web.1")
    pair.beat({B: pair.sessions[B]}, LONGEST_GRACE_NS + TIMING.heartbeat_ns)
    assert pair.state(A) is NodeState.DOWN
    pair.take(A, Routes)
    session_id = pair.register(A)
    assert pair.held(A) == [FRONT]
    pair.acknowledge(A, session_id)
    assert pair.held(A) == []


def test_a_new_leader_learns_of_departures_from_the_tables_that_it_tells(pair: Balancers) -> None:
    pair.end("web.1")
    pair.begin()
    pair.sessions = {node_id: pair.register(node_id) for node_id in (A, B)}
    assert (pair.held(A), pair.held(B)) == ([FRONT], [FRONT])
    for node_id in (A, B):
        pair.acknowledge(node_id, pair.sessions[node_id])
    assert (pair.held(A), pair.held(B)) == ([], [FRONT])


def test_what_is_not_committed_is_no_departure(pair: Balancers) -> None:
    pair.hold = True
    pair.end("web.1")
    pair.receive(A, RoutesAck(pair.sessions[A], pair.store.index, pair.store.index, 0))
    assert pair.held(A) == [FRONT]
    assert not pair.dispatcher.dirty
