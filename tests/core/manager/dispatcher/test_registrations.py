"""A node that registers in a loop gets few sessions, and harms neither the others nor itself for long."""

from leading_manager import TOKENS, Leader

from core.facts import Refused
from core.ids import Address, NodeId
from core.manager.dispatcher.registrations import MOST_PER_PERIOD, Registrations
from core.messages import JoinRequest, Registered
from core.objects.node import Availability, Node, NodeDescription, NodeSpec, NodeState
from core.raft.effects import Observe, Send
from core.store import Create, Transaction
from core.timing import LAN, MS

PERIOD_NS = LAN.dispatcher.backoff_max_ns
N1, N2 = NodeId("n1"), NodeId("n2")


def led_with_nodes() -> Leader:
    leader = Leader()
    nodes = tuple(Create(Node(node_id, NodeSpec(), version=leader.index + 1)) for node_id in (N1, N2))
    leader.index += 1
    leader.store.apply(leader.index, Transaction(nodes, 1))
    leader.lead()
    return leader


def session_of(leader: Leader, name: str, attempt: int) -> str:
    """The session that an attempt gets; empty for none."""
    answers = [effect.message for effect in leader.register(name, attempt=attempt) if isinstance(effect, Send)]
    return next((answer.session_id for answer in answers if isinstance(answer, Registered)), "")


def test_a_node_that_never_registers_is_down_after_the_longer_grace() -> None:
    leader = Leader()
    address = Address("192.0.2.9:2377")
    description = NodeDescription("n1")
    request = JoinRequest(1, N1, TOKENS.worker, address, Availability.ACTIVE, description)
    leader.hear(N1, request)
    grace_ns = LAN.dispatcher.heartbeat_ns * LAN.dispatcher.failover_grace_factor
    leader.run_for(grace_ns - 1)
    assert leader.store.nodes[N1].status.state is not NodeState.DOWN
    leader.run_for(1)
    assert leader.store.nodes[N1].status.state is NodeState.DOWN


def test_more_than_three_within_the_period_get_none() -> None:
    limit = Registrations(PERIOD_NS)
    begun = [at for at in range(0, 10 * PERIOD_NS, PERIOD_NS // 50) if limit.admit(at, N1)]
    assert len(begun) == 10 * MOST_PER_PERIOD
    for at in begun:
        assert sum(at <= other < at + PERIOD_NS for other in begun) <= MOST_PER_PERIOD


def test_who_keeps_to_the_back_off_is_always_admitted() -> None:
    limit = Registrations(PERIOD_NS)
    assert all(limit.admit(at, N1) for at in range(0, 10 * PERIOD_NS, PERIOD_NS // MOST_PER_PERIOD + 1))


def test_nodes_are_counted_each_for_itself_and_anew_after_their_removal() -> None:
    limit = Registrations(PERIOD_NS)
    assert [limit.admit(0, N1) for _ in range(4)] == [True, True, True, False]
    assert limit.admit(0, N2)
    limit.forget(N1)
    assert limit.admit(0, N1)


def test_a_loop_of_attempts_gets_three_sessions_and_keeps_the_last() -> None:
    leader = led_with_nodes()
    sessions = [session_of(leader, "n1", attempt) for attempt in range(1, 21)]
    assert [bool(session) for session in sessions] == [True] * 3 + [False] * 17
    assert any(isinstance(effect, Observe) and isinstance(effect.fact, Refused) for effect in leader.effects)
    assert session_of(leader, "n1", 3) == sessions[2], "a repetition is no new session"
    assert session_of(leader, "n2", 1)
    leader.run_for(PERIOD_NS + 1 * MS)
    assert session_of(leader, "n1", 21)
