"""A node that registers in a loop gets few sessions, and harms neither the others nor itself for long."""

from random import Random

import pytest
from leading_manager import TOKENS, Leader

from core.facts import Refused
from core.ids import Address, NodeId, SessionId
from core.manager.dispatcher.registrations import MOST_PER_PERIOD, Registrations
from core.messages import Beat, BeatAnswer, JoinRequest, LeaveNotice, Registered
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


def admit(limit: Registrations, at: int, node_id: NodeId = N1) -> bool:
    """Whether an attempt that was not made before begins a session."""
    return limit.refusal(at, node_id, at * 1_000_000_000, None) is None


def refusals(leader: Leader, attempt: int) -> list[str]:
    """What is told of attempts that were refused, when n1 makes this one."""
    leader.register("n1", attempt=attempt)
    return [each.fact.reason for each in leader.effects if isinstance(each, Observe) and isinstance(each.fact, Refused)]


def lives(leader: Leader, session_id: str) -> bool:
    answers = [each.message for each in leader.hear(N1, Beat(SessionId(session_id), 1)) if isinstance(each, Send)]
    return any(isinstance(answer, BeatAnswer) for answer in answers)


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
    begun = [at for at in range(0, 10 * PERIOD_NS, PERIOD_NS // 50) if admit(limit, at)]
    assert len(begun) == 10 * MOST_PER_PERIOD
    for at in begun:
        assert sum(at <= other < at + PERIOD_NS for other in begun) <= MOST_PER_PERIOD


def test_who_keeps_to_the_back_off_is_always_admitted() -> None:
    limit = Registrations(PERIOD_NS)
    assert all(admit(limit, at) for at in range(0, 10 * PERIOD_NS, PERIOD_NS // MOST_PER_PERIOD + 1))


def test_nodes_are_counted_each_for_itself_and_anew_after_their_removal() -> None:
    limit = Registrations(PERIOD_NS)
    assert [admit(limit, at) for at in range(4)] == [True, True, True, False]
    assert admit(limit, 4, N2)
    limit.forget(N1)
    assert admit(limit, 4)


def test_a_loop_of_attempts_gets_three_sessions_and_keeps_the_last() -> None:
    leader = led_with_nodes()
    sessions = [session_of(leader, "n1", attempt) for attempt in range(1, 21)]
    assert [bool(session) for session in sessions] == [True] * 3 + [False] * 17
    assert any(isinstance(effect, Observe) and isinstance(effect.fact, Refused) for effect in leader.effects)
    assert session_of(leader, "n1", 3) == sessions[2], "a repetition is no new session"
    assert session_of(leader, "n2", 1)
    leader.run_for(PERIOD_NS + 1 * MS)
    assert session_of(leader, "n1", 21)


# What the network repeats or overtakes


def test_a_late_duplicate_of_an_earlier_attempt_harms_no_session() -> None:
    leader = led_with_nodes()
    session_of(leader, "n1", 1)
    live = session_of(leader, "n1", 2)
    assert [session_of(leader, "n1", 1) for _ in range(5)] == [""] * 5
    assert lives(leader, live)
    assert session_of(leader, "n1", 3), "nor does it count against the agent when that has to register again"


def test_an_attempt_that_was_overtaken_harms_no_session() -> None:
    leader = led_with_nodes()
    live = session_of(leader, "n1", 7)
    assert session_of(leader, "n1", 6) == session_of(leader, "n1", 5) == ""
    assert lives(leader, live)


def test_a_late_attempt_brings_no_node_back_that_has_left() -> None:
    leader = led_with_nodes()
    session_of(leader, "n1", 1)
    leader.hear(N1, LeaveNotice(N1))
    assert session_of(leader, "n1", 1) == ""
    assert leader.store.nodes[N1].status.state is NodeState.DOWN


@pytest.mark.parametrize("seed", range(20))
def test_whatever_order_attempts_arrive_in_the_latest_has_the_session(seed: int) -> None:
    rng = Random(seed)
    attempts = [attempt for attempt in (1, 2, 3) for _ in range(3)]
    rng.shuffle(attempts)
    leader = led_with_nodes()
    for attempt in attempts:
        session_of(leader, "n1", attempt)
    assert lives(leader, session_of(leader, "n1", 3))


@pytest.mark.parametrize("restarted_at", [1, 1 << 20, (1 << 47) + 1])
def test_a_restarted_agent_counts_from_elsewhere_and_takes_over_at_once(restarted_at: int) -> None:
    leader = led_with_nodes()
    old = session_of(leader, "n1", 1 << 40)
    new = session_of(leader, "n1", restarted_at)
    assert lives(leader, new)
    assert session_of(leader, "n1", 1 << 40) == ""
    assert not lives(leader, old)


def test_one_that_chance_lets_count_from_just_below_waits_for_the_old_session_to_end() -> None:
    leader = led_with_nodes()
    session_of(leader, "n1", 100)
    assert session_of(leader, "n1", 1) == ""
    leader.run_for((LAN.dispatcher.heartbeat_ns + LAN.dispatcher.heartbeat_jitter_ns) * LAN.dispatcher.grace_factor)
    assert lives(leader, session_of(leader, "n1", 2))


def test_that_an_attempt_was_refused_is_told_once() -> None:
    leader = led_with_nodes()
    told = [refusals(leader, attempt) for attempt in (1, 2, 1, 1, 3, 4, 4, 1, 5)]
    late, often = "node n1 has gone on since attempt 1", "node n1 registers too often"
    assert told == [[], [], [late], [], [], [often], [], [], [often]]
