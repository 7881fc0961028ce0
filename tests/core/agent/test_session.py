"""Stories of an agent's session: finding the leader, holding on to it, losing it."""

from random import Random
from typing import Any

import pytest

from core.agent.session import Session, SessionState
from core.effects import Effect
from core.ids import Address, NodeId, SessionId
from core.messages import Beat, BeatAnswer, Manager, NotLeader, Register, Registered
from core.objects.node import NodeDescription
from core.raft.effects import Send
from core.timing import LAN, MS

M1, M2, M3 = (Manager(NodeId(f"manager-{n}"), Address(f"manager-{n}:2377")) for n in (1, 2, 3))
TIMING = LAN.dispatcher
GRACE_NS = TIMING.grace_factor * TIMING.heartbeat_ns


class Agent:
    """A session, and what it sent since this was last asked."""

    def __init__(self, *managers: Manager) -> None:
        self.now = 0
        self.session = Session(NodeId("worker"), Address("worker:2377"), TIMING, Random(1), 0)
        self.session.learn(managers)
        self.out: list[Effect] = []

    def tick(self, now: int) -> None:
        self.now = now
        self.session.tick(now, self.out)
        self.session.check_invariants()

    def until(self, now: int) -> None:
        """Time passes, with a tick at every deadline."""
        while (at := self.session.deadline()) is not None and at <= now:
            self.tick(max(at, self.now))
        self.now = now

    def sent(self) -> list[tuple[NodeId, Any]]:
        sent = [(effect.to, effect.message) for effect in self.out if isinstance(effect, Send)]
        self.out.clear()
        return sent

    def asked(self) -> tuple[NodeId, Register]:
        """The latest attempt."""
        return [(to, message) for to, message in self.sent() if isinstance(message, Register)][-1]

    def accept(self, sender: Manager, session_id: str = "s1", index: int = 1, known: int = 0) -> bool:
        """The manager that was asked last agrees."""
        request = self.asked()[1]
        return self.answer(request.attempt, sender, session_id, index, known)

    def answer(self, attempt: int, sender: Manager, session_id: str, index: int = 1, known: int = 0) -> bool:
        message = Registered(attempt, SessionId(session_id), index, NodeId(""), 1, TIMING.heartbeat_ns, (M1, M2, M3))
        return self.session.registered(self.now, sender.node_id, message, known, self.out)

    def state(self) -> SessionState:
        return self.session.state

    def beat_answered(self, sequence: int) -> None:
        message = BeatAnswer(self.session.id, sequence, TIMING.heartbeat_ns, NodeId(""), 1, (), 0)
        self.session.beat_answered(self.now, message)


@pytest.fixture
def held() -> Agent:
    agent = Agent(M1)
    agent.tick(0)
    assert agent.accept(M1)
    return agent


def test_without_a_manager_there_is_nothing_to_do() -> None:
    assert Agent().session.deadline() is None


def test_every_manager_is_asked_in_turn() -> None:
    agent = Agent(M1, M2, M3)
    agent.until(5 * GRACE_NS)
    assert {to for to, _ in agent.sent()} == {M1.node_id, M2.node_id, M3.node_id}


def test_the_wait_between_attempts_is_drawn_below_a_bound_that_doubles() -> None:
    agent = Agent(M1)
    bound_ns, longest_ns = TIMING.backoff_min_ns, 0
    agent.tick(0)
    for _ in range(12):
        attempt, asked_at = agent.asked()[1].attempt, agent.now
        while (deadline := agent.session.deadline()) is not None:
            agent.tick(deadline)
            request = agent.sent()[-1][1]
            if request.attempt != attempt:
                break
        agent.out.append(Send(M1.node_id, request))
        wait_ns = agent.now - asked_at - TIMING.heartbeat_ns // 2
        assert 0 <= wait_ns < bound_ns
        bound_ns = min(2 * bound_ns, TIMING.backoff_max_ns)
        longest_ns = max(longest_ns, wait_ns)
    assert longest_ns > 4 * TIMING.backoff_min_ns


def test_a_manager_that_does_not_lead_says_who_does() -> None:
    agent = Agent(M1)
    agent.tick(0)
    attempt = agent.asked()[1].attempt
    agent.session.not_leader(0, NotLeader(attempt, M2, (M1, M2)), agent.out)
    assert agent.asked()[0] == M2.node_id


def test_two_managers_that_point_at_each_other_are_not_asked_in_a_circle() -> None:
    agent = Agent(M1, M2)
    agent.tick(0)
    to, request = agent.asked()
    other = M2 if to == M1.node_id else M1
    agent.session.not_leader(0, NotLeader(request.attempt, other, ()), agent.out)
    back = M1 if other is M2 else M2
    agent.session.not_leader(0, NotLeader(agent.asked()[1].attempt, back, ()), agent.out)
    assert agent.sent() == []
    deadline = agent.session.deadline()
    assert deadline is not None
    assert deadline < TIMING.backoff_max_ns


def test_only_the_answer_to_the_last_attempt_counts() -> None:
    agent = Agent(M1)
    agent.tick(0)
    first = agent.asked()[1].attempt
    agent.until(GRACE_NS)
    assert not agent.answer(first, M1, "late")
    assert agent.state() is SessionState.SEEKING


def test_a_deposed_leader_gets_no_session() -> None:
    """It leads, it believes, at an index that this agent has been past."""
    agent = Agent(M1)
    agent.tick(0)
    assert not agent.accept(M1, index=7, known=8)
    assert agent.state() is SessionState.SEEKING


def test_the_first_beat_goes_out_at_once_and_the_next_after_a_heartbeat(held: Agent) -> None:
    held.tick(held.now)
    assert held.sent() == [(M1.node_id, Beat(SessionId("s1"), 1))]
    held.beat_answered(1)
    assert held.session.deadline() == held.now + TIMING.heartbeat_ns


def test_an_unanswered_beat_is_followed_five_times_as_fast(held: Agent) -> None:
    held.until(TIMING.heartbeat_ns - 1)
    assert [message.sequence for _, message in held.sent()] == [1, 2, 3, 4, 5]


def test_silence_is_doubt_and_then_loss(held: Agent) -> None:
    held.until(GRACE_NS // 2)
    assert held.state() is SessionState.DOUBTED
    assert held.session.id == "s1"
    held.until(GRACE_NS)
    assert held.state() is SessionState.SEEKING
    assert held.session.id == ""


def test_in_doubt_a_word_from_the_old_session_settles_it(held: Agent) -> None:
    held.until(GRACE_NS // 2)
    held.beat_answered(1)
    assert held.state() is SessionState.HELD


def test_in_doubt_a_new_leader_takes_over(held: Agent) -> None:
    held.until(GRACE_NS // 2)
    assert held.accept(M2, "s2")
    assert (held.state(), held.session.id, held.session.manager_id) == (SessionState.HELD, "s2", M2.node_id)


def test_an_answer_that_was_repeated_is_no_sign_of_life(held: Agent) -> None:
    held.tick(held.now)
    held.beat_answered(1)
    held.until(GRACE_NS // 2 - 1)
    held.beat_answered(1)
    held.until(GRACE_NS // 2)
    assert held.state() is SessionState.DOUBTED


def test_a_broken_link_is_a_hint_to_look_elsewhere_at_once(held: Agent) -> None:
    held.session.link_down(5 * MS, M1.node_id)
    assert held.state() is SessionState.DOUBTED
    assert held.session.deadline() == 0  # the first beat, due before


def test_a_session_the_manager_does_not_know_is_over(held: Agent) -> None:
    held.session.unknown(held.now, SessionId("another"), held.out)
    assert held.state() is SessionState.HELD
    held.session.unknown(held.now, SessionId("s1"), held.out)
    assert held.state() is SessionState.SEEKING


def test_a_changed_description_is_told_by_registering_again_with_the_leader(held: Agent) -> None:
    held.session.describe(held.now, NodeDescription(hostname="renamed"))
    held.tick(held.now)
    to, request = held.asked()
    assert (to, request.description.hostname) == (M1.node_id, "renamed")
    held.beat_answered(1)
    assert held.state() is SessionState.DOUBTED  # not told yet
    assert held.answer(request.attempt, M1, "s2")
    held.tick(held.now)
    held.beat_answered(1)
    assert held.state() is SessionState.HELD


def test_an_order_of_an_older_node_object_is_not_followed(held: Agent) -> None:
    held.tick(held.now)
    for sequence, (raft_id, version) in enumerate([("r2", 9), ("r1", 5)], start=1):
        held.until(held.now + TIMING.heartbeat_ns)
        held.session.beat_answered(
            held.now, BeatAnswer(held.session.id, sequence, TIMING.heartbeat_ns, NodeId(raft_id), version, (), 0)
        )
    assert (held.session.assigned_raft_id, held.session.assigned_at_version) == ("r2", 9)
