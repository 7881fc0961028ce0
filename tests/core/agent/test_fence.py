"""Fences: what proves a host, and what its agent stops when that is long ago."""

from random import Random

import pytest
from msgspec.structs import replace

from core.agent.agent import BEATS_PER_FENCE, Agent
from core.agent.fence import Proof
from core.agent.records import AgentDurable
from core.agent.session import Session, SessionState
from core.agent.tasks import Tasks
from core.durability import Tickets
from core.effects import Effect, StartTask, StopTask
from core.events import ContainerPhase, EngineInventory, EngineReport, EngineUp
from core.ids import Address, NodeId, ServiceId, SessionId, TaskId
from core.messages import Beat, BeatAnswer, Manager, Register, Registered
from core.objects.task import ContainerSpec, ContainerStatus, Task, TaskSpec, TaskState, TaskStatus
from core.raft.effects import Send
from core.raft.events import Received, Tick
from core.timing import DOCKER, LAN, MS, SECOND

M1 = Manager(NodeId("m1"), Address("m1:2377"))
FENCE_NS = 10 * SECOND
FENCED = Task(
    TaskId("db.1"),
    ServiceId("db"),
    1,
    TaskSpec(ContainerSpec("image")),
    1,
    status=TaskStatus(TaskState.ASSIGNED),
    fence_ns=FENCE_NS,
)
RUNS = replace(FENCED, status=TaskStatus(TaskState.RUNNING))
FREE = replace(RUNS, id=TaskId("web.1"), fence_ns=None)
HEALTHY = EngineReport(ContainerPhase.HEALTHY, ContainerStatus("c1"))


# --- proof


def test_an_answer_proves_the_host_as_of_when_the_beat_was_sent() -> None:
    proof = Proof(5)
    proof.sent(100, 1)
    proof.sent(200, 2)
    assert proof.at == 5
    proof.answered(1, 0)
    assert proof.at == 100
    proof.answered(2, 30)  # whoever answered may have been deposed for 30
    assert proof.at == 170


def test_late_and_repeated_answers_prove_nothing_more() -> None:
    proof = Proof(0)
    for sequence in (1, 2, 3):
        proof.sent(100 * sequence, sequence)
    proof.answered(2, 0)
    for sequence in (1, 2):
        proof.answered(sequence, 0)
    assert proof.at == 200
    proof.answered(3, 250)
    assert proof.at == 200, "what was proven stays proven"


def test_beats_of_an_earlier_session_prove_nothing_in_this_one() -> None:
    proof = Proof(0)
    proof.sent(100, 1)
    proof.begin()
    proof.answered(1, 0)
    assert proof.at == 0


def test_who_does_not_say_how_old_its_proof_is_proves_nothing() -> None:
    proof = Proof(0)
    proof.sent(100, 1)
    proof.answered(1, BeatAnswer(SessionId("s"), 1, 1, NodeId(""), 1, ()).proof_age_ns)
    assert proof.at == 0


def test_to_be_registered_is_no_proof() -> None:
    session = Session(NodeId("w"), Address("w:1"), LAN.dispatcher, Random(1), 0)
    session.learn((M1,))
    out: list[Effect] = []
    session.tick(SECOND, out)
    [request] = [effect.message for effect in out if isinstance(effect, Send)]
    assert isinstance(request, Register)
    accepted = Registered(request.attempt, SessionId("s"), 1, NodeId(""), 1, LAN.dispatcher.heartbeat_ns, (M1,))
    assert session.registered(SECOND, M1.node_id, accepted, 0, out)
    assert (session.state, session.proof.at) == (SessionState.HELD, 0)


# --- tasks


class Host:
    """A host whose engine has these containers running and answers as it should."""

    def __init__(self, *tasks: Task) -> None:
        self.tasks = Tasks(lambda task: ((), ()), 0)
        self.tasks.recover(tasks)
        self.ordered: list[Effect] = []
        self.tasks.inventory(0, tuple((task.id, HEALTHY) for task in tasks), self.ordered)

    def at(self, now: int, proven_at: int = 0) -> list[Effect]:
        """What is ordered now."""
        self.ordered.clear()
        self.tasks.fence(now, proven_at, self.ordered)
        return list(self.ordered)


def test_a_fenced_task_is_stopped_when_its_fence_is_over_and_others_run_on() -> None:
    host = Host(RUNS, FREE)
    assert host.tasks.fence_deadline() == FENCE_NS
    assert host.at(FENCE_NS - 1) == []
    [order] = host.at(FENCE_NS)
    assert isinstance(order, StopTask)
    assert (order.task_id, order.grace_ns) == (RUNS.id, RUNS.spec.container.stop_grace_period_ns)
    assert host.at(FENCE_NS + 1) == []
    assert host.tasks.fence_deadline() is None


def test_each_proof_gives_it_the_whole_fence_again() -> None:
    host = Host(RUNS)
    assert host.at(9 * SECOND, proven_at=8 * SECOND) == []
    assert host.tasks.fence_deadline() == 8 * SECOND + FENCE_NS
    assert host.at(FENCE_NS, proven_at=8 * SECOND) == []
    assert host.at(8 * SECOND + FENCE_NS, proven_at=8 * SECOND)


def test_it_is_shut_down_and_its_status_says_why() -> None:
    host = Host(RUNS)
    host.at(FENCE_NS)
    exited = EngineReport(ContainerPhase.EXITED, ContainerStatus("c1", exit_code=143))
    host.tasks.reported(FENCE_NS, RUNS.id, 3, exited, host.ordered)
    status = host.tasks.runs[RUNS.id].status
    assert status.state is TaskState.SHUTDOWN, "it did not fail: no attempt is used up"
    assert status.err == "fenced: for 10s no leader was known to know of its host"


def test_it_is_stopped_for_good_though_the_host_is_proven_again() -> None:
    host = Host(RUNS)
    host.at(FENCE_NS)
    assert host.at(FENCE_NS + 1, proven_at=FENCE_NS) == []
    host.tasks.assign(FENCE_NS + 2, RUNS, host.ordered)
    assert not any(isinstance(order, StartTask) for order in host.ordered)


def test_a_stop_that_the_engine_could_not_hear_is_ordered_once_it_answers() -> None:
    host = Host(RUNS)
    host.tasks.engine_down()
    assert host.at(FENCE_NS) == []
    host.tasks.inventory(FENCE_NS + 1, ((RUNS.id, HEALTHY),), host.ordered)
    assert [type(order) for order in host.ordered] == [StopTask]


def test_nothing_starts_behind_a_fence_until_the_host_is_proven() -> None:
    host = Host()
    host.tasks.assign(FENCE_NS, FENCED, host.ordered)
    prepared = EngineReport(ContainerPhase.PREPARED)
    host.tasks.reported(FENCE_NS, FENCED.id, 1, prepared, host.ordered)
    assert host.at(FENCE_NS + 1) == []
    assert host.tasks.runs[FENCED.id].status.state is TaskState.READY
    assert [type(order) for order in host.at(FENCE_NS + 2, proven_at=FENCE_NS)] == [StartTask]


def test_a_task_that_was_told_to_stop_is_not_called_fenced() -> None:
    host = Host(replace(RUNS, desired_state=TaskState.SHUTDOWN))
    exited = EngineReport(ContainerPhase.EXITED, ContainerStatus("c1", exit_code=0))
    host.tasks.reported(1, RUNS.id, 3, exited, host.ordered)
    host.at(FENCE_NS)
    assert host.tasks.runs[RUNS.id].status.err == ""


# --- the whole agent


def agent_with(*tasks: Task, now: int = 0) -> Agent:
    durable = AgentDurable(managers=(M1,), tasks=tasks)
    agent = Agent(NodeId("w"), Address("w:1"), DOCKER.dispatcher, Tickets(), durable, Random(1), now)
    agent.step(now, EngineUp())
    agent.step(now, EngineInventory(tuple((task.id, HEALTHY) for task in tasks)))
    return agent


def stops(agent: Agent, until: int) -> list[int]:
    """When it orders stops while nobody answers it."""
    times: list[int] = []
    while (at := agent.deadline()) is not None and at <= until:
        times += [at for effect in agent.step(at, Tick()) if isinstance(effect, StopTask)]
    return times


def test_an_agent_that_nobody_answers_stops_its_fenced_tasks_by_itself() -> None:
    assert stops(agent_with(RUNS, FREE), 2 * FENCE_NS) == [FENCE_NS]


def test_a_restarted_daemon_stops_nothing_at_once_and_has_one_fence_to_be_heard() -> None:
    assert stops(agent_with(RUNS, now=7 * SECOND), 7 * SECOND + 2 * FENCE_NS) == [7 * SECOND + FENCE_NS]


@pytest.mark.parametrize(
    ("task", "within_ns"), [(RUNS, FENCE_NS // BEATS_PER_FENCE), (FREE, DOCKER.dispatcher.heartbeat_ns)]
)
def test_it_beats_as_often_as_its_fences_need(task: Task, within_ns: int) -> None:
    agent = agent_with(task)
    [request] = [effect.message for effect in agent.step(0, Tick()) if isinstance(effect, Send)]
    heartbeat_ns = DOCKER.dispatcher.heartbeat_ns
    registered = Registered(request.attempt, SessionId("s"), 1, NodeId(""), 1, heartbeat_ns, (M1,))
    agent.step(MS, Received(M1.node_id, NodeId("w"), registered))
    answer = BeatAnswer(SessionId("s"), 1, heartbeat_ns, NodeId(""), 1, (M1,), 0)
    agent.step(2 * MS, Received(M1.node_id, NodeId("w"), answer))
    beats: list[int] = []
    while not beats:
        at = agent.deadline()
        assert at is not None
        beats = [
            at for effect in agent.step(at, Tick()) if isinstance(effect, Send) and isinstance(effect.message, Beat)
        ]
    assert beats == [2 * MS + within_ns]


def test_a_leader_that_may_have_been_deposed_proves_no_more_than_it_knows() -> None:
    agent = agent_with(RUNS)
    [request] = [effect.message for effect in agent.step(0, Tick()) if isinstance(effect, Send)]
    heartbeat_ns = DOCKER.dispatcher.heartbeat_ns
    registered = Registered(request.attempt, SessionId("s"), 1, NodeId(""), 1, heartbeat_ns, (M1,))
    agent.step(5 * SECOND, Received(M1.node_id, NodeId("w"), registered))  # its first beat leaves
    answer = BeatAnswer(SessionId("s"), 1, heartbeat_ns, NodeId(""), 1, (M1,), 3 * SECOND)
    agent.step(6 * SECOND, Received(M1.node_id, NodeId("w"), answer))
    assert stops(agent, 2 * FENCE_NS) == [5 * SECOND - 3 * SECOND + FENCE_NS]
