"""An agent and a dispatcher, a link between them that may do anything, and an engine, a disk and a log played by hand.

Every choice (which message arrives, what is lost, when a write is durable, when a transaction commits) is an
action with a number, so that a test draws a list of them as data and a failure shrinks. `settle` heals everything.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from msgspec import msgpack
from msgspec.structs import replace
from route_specification import Programmed

from core.agent.agent import Agent
from core.agent.events import AgentEvent, ManagersLearned
from core.agent.records import replay
from core.durability import Persist, Persisted, Stream, Tickets
from core.effects import PrepareTask, ProgramRoutes, RemoveTask, StartTask, StopTask
from core.events import (
    ContainerPhase,
    EngineInventory,
    EngineReport,
    EngineUp,
    HostDescribed,
    RoutesApplied,
    RoutesFailed,
    TaskReported,
)
from core.ids import Address, NetworkId, NodeId, OperationId, SecretId, ServiceId, TaskId
from core.manager.dispatcher.dispatcher import Dispatcher
from core.manager.draft import Draft
from core.mesh.afresh import afresh
from core.messages import Assignments, BeatAnswer, Manager
from core.objects import Network, Node, Secret, Service, Task
from core.objects.network import NetworkAttachment, NetworkSpec
from core.objects.node import NodeDescription, NodeSpec, NodeState
from core.objects.secret import SecretSpec
from core.objects.service import ServiceSpec
from core.objects.task import (
    ContainerSpec,
    ContainerStatus,
    FileTarget,
    NetworkTarget,
    SecretReference,
    TaskSpec,
    TaskState,
    TaskStatus,
)
from core.operations import Kind
from core.parts import finish
from core.raft.effects import Observe, Send
from core.raft.events import Received, Tick
from core.store import Changed, Conflict, Store, Transaction
from core.timing import LAN, MS, SECOND

WORKER: Final = NodeId("worker")
LEADER: Final = NodeId("leader")
NETWORK: Final = NetworkId("front")
SERVICE: Final = ServiceId("web")
SECRETS: Final = (SecretId("password"), SecretId("token"))
SECRET_DATA: Final = {SECRETS[0]: b"very secret password", SECRETS[1]: b"very secret token"}
MAX_IN_FLIGHT: Final = 12
"""The link is bounded: what comes on top is lost."""
MAX_ROUNDS: Final = 500
"""More than anything may take that does not wait for time to pass."""
FENCE_NS: Final = 3 * SECOND
RUNNING_PHASES: Final = (ContainerPhase.STARTED, ContainerPhase.HEALTHY, ContainerPhase.UNHEALTHY)


def entitled(task: Task) -> list[SecretId]:
    return [reference.secret_id for reference in task.spec.container.secrets]


class Engine:
    """Containers, and orders not yet carried out: those on one task in the order given."""

    def __init__(self) -> None:
        self.containers: dict[TaskId, ContainerPhase] = {}
        self.orders: list[Any] = []
        self.up = True
        self.started: list[TaskId] = []
        """Every container ever started, in order."""

    def perform(self, choice: int, refuse: bool = False) -> TaskReported | None:
        """Carry out the first order of some task, or say that it cannot be."""
        if not self.orders or not self.up:
            return None
        task_id = _task_of(self.orders[choice % len(self.orders)])
        order = next(order for order in self.orders if _task_of(order) == task_id)
        self.orders.remove(order)
        if refuse:
            return TaskReported(task_id, order.operation_id, EngineReport(ContainerPhase.FAILED, err="refused"))
        return TaskReported(task_id, order.operation_id, self._carry_out(task_id, order))

    def _carry_out(self, task_id: TaskId, order: Any) -> EngineReport:
        phase = self.containers.get(task_id)
        if isinstance(order, PrepareTask):
            assert [secret.id for secret in order.secrets] == entitled(order.task)
            phase = phase or ContainerPhase.PREPARED
        elif isinstance(order, StartTask):
            if phase is None:
                return EngineReport(ContainerPhase.FAILED, err="no such container")
            if phase is ContainerPhase.PREPARED:
                self.started.append(task_id)
                phase = ContainerPhase.HEALTHY
        elif isinstance(order, StopTask):
            if phase is None:
                return EngineReport(ContainerPhase.EXITED)
            phase = ContainerPhase.EXITED
        else:
            self.containers.pop(task_id, None)
            return EngineReport(ContainerPhase.REMOVED)
        self.containers[task_id] = phase
        return self.report(task_id)

    def report(self, task_id: TaskId) -> EngineReport:
        phase = self.containers[task_id]
        exit_code = 137 if phase is ContainerPhase.EXITED else None
        return EngineReport(phase, ContainerStatus(f"container of {task_id}", exit_code=exit_code))

    def start_count(self, task_id: TaskId) -> int:
        """How often the container was started, or is about to be."""
        ordered = [order for order in self.orders if isinstance(order, StartTask) and order.task_id == task_id]
        return self.started.count(task_id) + len(ordered)

    def running(self) -> list[TaskId]:
        return [task_id for task_id, phase in self.containers.items() if phase in RUNNING_PHASES]


def _task_of(order: Any) -> TaskId:
    return order.task.id if isinstance(order, PrepareTask) else order.task_id


def _done(_: Task) -> None:
    """Makes a change of what is one as a value too."""


class Pair:
    """One worker's agent and the leader's dispatcher. `checks` run after every action."""

    def __init__(self, seed: int = 0) -> None:
        self.now = 0
        self.rng = Random(seed)
        self.link: list[tuple[NodeId, Any]] = []
        self.facts: list[Any] = []
        self.engine = Engine()
        self.disk: list[Any] = []
        self.unsynced: list[Persist] = []
        self.programmed = Programmed()
        """What the data plane carries."""
        self.programming: list[ProgramRoutes] = []
        self.history: dict[TaskId, list[TaskState]] = {}
        self.known_at = 0
        """When a dispatcher last heard of the agent in its session, or the agent last started."""
        self.removed_for_good: set[TaskId] = set()
        self.started_before_removal: dict[TaskId, int] = {}
        self.committed = Store()
        self.log: list[Transaction] = []
        self.term_start()
        self.write(self._found)
        self.commit_all()
        self.agent = self._new_agent()
        self.agent_step(ManagersLearned((Manager(LEADER, Address("leader:2377")),)))
        self.agent_step(HostDescribed(NodeDescription(hostname="worker")))
        self.engine_up()
        self.sync(1)

    # The leader's side

    def _found(self, draft: Draft) -> None:
        draft.create(Node(WORKER, NodeSpec()))
        draft.create(Network(NETWORK, NetworkSpec("front"), vni=4096))
        container = ContainerSpec("image")
        spec = ServiceSpec("web", TaskSpec(container, networks=(NetworkTarget(NETWORK),)))
        draft.create(Service(SERVICE, spec))
        for secret_id, data in SECRET_DATA.items():
            draft.create(Secret(secret_id, SecretSpec(secret_id, data)))

    def term_start(self) -> None:
        """A new leader: what was not committed is lost, and a dispatcher begins with the committed store."""
        self.log.clear()
        self.head = self.committed.copy()
        self.dispatcher = Dispatcher(self.committed, LAN, Random(self.rng.getrandbits(32)), self.now, lambda: self.now)
        finish(self.dispatcher.rebuild(self.now))

    def write(self, change: Callable[[Draft], None]) -> None:
        draft = Draft(self.head, self.head.index + 1, self.now)
        change(draft)
        transaction = draft.transaction()
        if transaction is not None:
            self.log.append(transaction)

    def reconcile(self) -> None:
        while self.dispatcher.dirty:
            self.write(lambda draft: self.dispatcher.reconcile(self.now, draft))

    def commit_one(self) -> None:
        if self.log:
            index = self.committed.index + 1
            changes = self.committed.apply(index, self.log.pop(0))
            assert not isinstance(changes, Conflict), changes
            self._watch(changes)
            self.dispatcher.on_committed(self.now, index, changes)
            self.leader_does(self.dispatcher.speak(self.now))

    def commit_all(self) -> None:
        while self.log:
            self.commit_one()

    def leader_does(self, effects: list[Any]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self._check_secrets(effect.message)
                self._put_on_link(WORKER, effect.message)
            else:
                self.facts.append(effect.fact)
        self.reconcile()

    def _watch(self, changes: tuple[Changed, ...]) -> None:
        for change in changes:
            if change.kind is Kind.TASK and change.new is not None:
                self.history.setdefault(TaskId(change.id), []).append(change.new.status.state)

    def _check_secrets(self, message: Any) -> None:
        """A secret leaves the leader only for a task of this node that has not ended."""
        if isinstance(message, Assignments):
            needed = [secret_id for task in self.committed.tasks_on_node(WORKER) for secret_id in entitled(task)]
            assert all(secret.id in needed for secret in message.secrets)

    # The worker's side

    def _new_agent(self) -> Agent:
        durable = replay(self.disk)
        self.tickets = Tickets()
        rng = Random(self.rng.getrandbits(32))
        self.known_at = self.now
        return Agent(WORKER, Address("worker:2377"), LAN.dispatcher, self.tickets, durable, rng, self.now)

    def agent_step(self, event: AgentEvent) -> None:
        for effect in self.agent.step(self.now, event):
            if isinstance(effect, Send):
                self._put_on_link(LEADER, effect.message)
            elif isinstance(effect, Persist):
                self._write_down(effect)
            elif isinstance(effect, ProgramRoutes):
                self.programming.append(effect)
            elif isinstance(effect, PrepareTask | StartTask | StopTask | RemoveTask):
                self.engine.orders.append(effect)
            else:
                assert isinstance(effect, Observe), effect
                self.facts.append(effect.fact)
        self.agent.check_invariants()

    def _write_down(self, effect: Persist) -> None:
        assert effect.stream is Stream.AGENT
        encoded = msgpack.encode(effect.record)
        assert not any(data in encoded for data in SECRET_DATA.values())
        self.unsynced.append(effect)

    def sync(self, count: int) -> None:
        for _ in range(min(count, len(self.unsynced))):
            effect = self.unsynced.pop(0)
            self.disk.append(effect.record)
            removed = getattr(effect.record, "removed", ())
            self.removed_for_good.update(removed)
            for task_id in removed:
                self.started_before_removal[task_id] = self.engine.start_count(task_id)
            self.agent_step(Persisted(effect.ticket))

    def engine_up(self) -> None:
        self.engine.up = True
        self.agent_step(EngineUp())
        inventory = tuple((task_id, self.engine.report(task_id)) for task_id in self.engine.containers)
        self.agent_step(EngineInventory(inventory))

    def restart_agent(self, orders_are_lost: bool) -> None:
        """The daemon dies and comes back; containers live on, un-synced writes are lost."""
        self.unsynced.clear()
        self.programming.clear()
        if orders_are_lost:
            self.engine.orders.clear()
        self.engine.up = True
        while self.engine.orders:
            self.engine.perform(0)
        self.agent = self._new_agent()
        self.agent_step(HostDescribed(NodeDescription(hostname="worker")))
        self.engine_up()

    def lose_power(self) -> None:
        """The machine dies with its containers."""
        self.engine.orders.clear()
        self.engine.containers.clear()
        durable = {task.id: task.status.state for task in replay(self.disk).tasks}
        known = [task_id for task_id in self.engine.started if durable.get(task_id, 0) >= TaskState.STARTING]
        self.engine.started = known  # of the others nobody was told: they may be started again
        self.programmed = Programmed()
        self.restart_agent(orders_are_lost=True)

    # The link

    def _put_on_link(self, to: NodeId, message: Any) -> None:
        if len(self.link) < MAX_IN_FLIGHT:
            self.link.append((to, message))

    def lose(self, choice: int) -> None:
        """One message never arrives."""
        if self.link:
            self.link.pop(choice % len(self.link))

    def deliver_oldest(self, count: int) -> None:
        """Some messages arrive in order."""
        for _ in range(count):
            self.deliver(0)

    def deliver(self, choice: int, keep: bool = False) -> None:
        if not self.link:
            return
        position = choice % len(self.link)
        to, message = self.link[position] if keep else self.link.pop(position)
        if to == WORKER:
            self.agent_step(Received(LEADER, WORKER, message))
        else:
            effects = self.dispatcher.receive(self.now, WORKER, message)
            if any(isinstance(effect, Send) and isinstance(effect.message, BeatAnswer) for effect in effects):
                self.known_at = self.now
            self.leader_does(effects)

    # Time

    def deadline(self) -> int | None:
        times = (self.agent.deadline(), self.dispatcher.deadline())
        return min((time for time in times if time is not None), default=None)

    def advance(self, by_ns: int) -> None:
        self.now += by_ns
        self.wake()

    def cut_off(self, for_ns: int) -> None:
        """Nothing that either says arrives for so long, however often they are woken."""
        until = self.now + for_ns
        while (at := self.deadline()) is not None and at <= until:
            self.now = max(self.now + MS, at)
            self.wake()
            self.link.clear()
        self.now = until

    def wake(self) -> None:
        if (at := self.agent.deadline()) is not None and at <= self.now:
            self.agent_step(Tick())
        if (at := self.dispatcher.deadline()) is not None and at <= self.now:
            self.leader_does(self.dispatcher.tick(self.now))
        self.dispatcher.check_invariants()

    # What the rest of the swarm does

    def create_task(self, number: int) -> None:
        task_id = TaskId(f"task-{number % 6}")
        if task_id in self.head.tasks or task_id in self.history:
            return
        references = tuple(
            SecretReference(secret_id, secret_id, FileTarget(secret_id)) for secret_id in SECRETS[: number % 3]
        )
        spec = TaskSpec(ContainerSpec("image", secrets=references))
        desired = TaskState.READY if number % 5 == 0 else TaskState.RUNNING
        task = Task(
            task_id,
            SERVICE,
            number,
            spec,
            1,
            node_id=WORKER,
            desired_state=desired,
            status=TaskStatus(TaskState.ASSIGNED),
            attachments=(NetworkAttachment(NETWORK, f"10.0.1.{2 + number % 6}/24"),),
            fence_ns=FENCE_NS if number % 2 else None,
        )
        self.write(lambda draft: _done(draft.create(task)))

    def want(self, number: int, desired: TaskState) -> None:
        task = self._pick(number)
        if task is not None and task.desired_state < desired:
            self.write(lambda draft: _done(draft.update(replace(task, desired_state=desired))))

    def delete_task(self, number: int) -> None:
        task = self._pick(number)
        if task is not None:
            self.write(lambda draft: draft.delete(Kind.TASK, task.id))

    def _pick(self, number: int) -> Task | None:
        tasks = list(self.head.tasks.values())
        return tasks[number % len(tasks)] if tasks else None

    # What containers do

    def happen(self, number: int, phase: ContainerPhase) -> None:
        """A running container exits, or its health changes, and the engine says so if it can."""
        running = self.engine.running()
        if running:
            task_id = running[number % len(running)]
            self.engine.containers[task_id] = phase
            if self.engine.up:
                self.agent_step(TaskReported(task_id, OperationId(0), self.engine.report(task_id)))

    def program(self, fail: bool = False) -> None:
        if not self.programming:
            return
        order = self.programming.pop(0)
        if fail:
            self.agent_step(RoutesFailed(order.ticket, "no room"))
            return
        assert self.programmed.takes(order.changes)
        self.programmed = self.programmed.after(order.changes)
        self.agent_step(RoutesApplied(order.ticket))

    # In the end

    def perform_all(self) -> None:
        """All is well for an instant: everything under way arrives, is written, carried out, committed."""
        for _ in range(MAX_ROUNDS):
            orders = self.engine.up and self.engine.orders
            if not (self.link or self.unsynced or self.log or orders or self.programming):
                return
            self.commit_all()
            self.sync(len(self.unsynced))
            self.deliver(0)
            self.program()
            report = self.engine.perform(0)
            if report is not None:
                self.agent_step(report)
        raise AssertionError("they talk without end")

    def settle(self, for_ns: int = 12 * SECOND) -> None:
        """Nothing goes wrong any more, for so long."""
        if not self.engine.up:
            self.engine_up()
        until = self.now + for_ns
        self.perform_all()
        while (at := self.deadline()) is not None and at <= until:
            self.now = max(self.now + MS, at)
            self.wake()
            self.perform_all()
        self.now = until

    # What must hold

    def check_always(self) -> None:
        self._check_fences()
        for task_id, states in self.history.items():
            assert states == sorted(states), (task_id, states)
            ended = [state for state in states if state > TaskState.RUNNING]
            assert len(set(ended)) <= 1, (task_id, states)
        for task_id in self.engine.started:
            assert self.engine.started.count(task_id) == 1, f"{task_id} was started twice"
        for task_id in self.removed_for_good:
            assert self.engine.start_count(task_id) <= self.started_before_removal[task_id]

    def _check_fences(self) -> None:
        """A fenced task that still runs is to stop, unless a dispatcher may have counted on the agent since."""
        if not self.engine.up or self.now < self.known_at + FENCE_NS:
            return
        self.wake()
        told = [order.task_id for order in self.engine.orders if isinstance(order, StopTask | RemoveTask)]
        for task in self.agent.tasks():
            runs = task.id in self.engine.running() or self._is_starting(task.id)
            assert task.fence_ns is None or not runs or task.id in told, f"{task.id} runs on behind its fence"

    def _is_starting(self, task_id: TaskId) -> bool:
        return any(isinstance(order, StartTask) and order.task_id == task_id for order in self.engine.orders)

    def check_settled(self) -> None:
        assert self.agent.session_id is not None
        assert self.committed.nodes[WORKER].status.state == NodeState.READY
        stored = {task.id: task for task in self.committed.tasks_on_node(WORKER)}
        assert {task.id: task.status.state for task in self.agent.tasks()} == {
            task.id: task.status.state for task in stored.values()
        }
        for task in stored.values():
            assert task.status.state > TaskState.RUNNING or task.status.state == min(
                task.desired_state, TaskState.RUNNING
            ), task
        running = [task.id for task in stored.values() if task.status.state == TaskState.RUNNING]
        assert sorted(self.engine.running()) == sorted(running)
        assert [task_id for task_id in self.engine.containers if task_id not in stored] == []
        needed = {
            secret for task in stored.values() if task.status.state <= TaskState.RUNNING for secret in entitled(task)
        }
        assert set(self.agent.secret_ids) == needed
        assert self.programmed.table == afresh(self.committed, WORKER)
