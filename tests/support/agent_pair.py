"""An agent and a dispatcher, a link between them that may do anything, and an engine, a disk and a log played by hand.

Every choice (which message arrives, what is lost, when a write is durable, when a transaction commits) is an
action with a number, so that a test draws a list of them as data and a failure shrinks. `settle` heals everything.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from leadership import Leadership
from msgspec import msgpack
from msgspec.structs import replace
from pair_objects import (
    FENCE_NS,
    SECRET_DATA,
    TASK_COUNT,
    WORKER,
    founded,
    needed_configs,
    needed_secrets,
    task_of,
)
from pair_promises import PairPromises
from played_engine import Engine
from route_specification import Programmed

from core.agent.agent import Agent
from core.agent.events import AgentEvent, ManagersLearned
from core.agent.lifecycle import Order
from core.agent.records import replay
from core.agent.tasks import RETRY_NS
from core.durability import Persist, Persisted, Stream, Tickets
from core.effects import PrepareTask, ProgramRoutes, RemoveTask, StartTask, StopTask
from core.events import (
    ContainerPhase,
    EngineInventory,
    EngineUp,
    HostDescribed,
    RoutesApplied,
    RoutesFailed,
    TaskReported,
)
from core.ids import Address, NodeId, OperationId, TaskId
from core.manager.dispatcher.dispatcher import Dispatcher
from core.manager.draft import Draft
from core.mesh.afresh import afresh
from core.messages import Assignments, BeatAnswer, Manager, NotLeader, Register, SessionUnknown
from core.objects import Task
from core.objects.node import NodeDescription, NodeState
from core.objects.task import TaskState, TaskStatus
from core.operations import Kind
from core.raft.effects import Observe, Send
from core.raft.events import Received, Tick
from core.store import Store
from core.timing import LAN, MS, SECOND

MANAGERS: Final = tuple(Manager(NodeId(name), Address(f"{name}:2377")) for name in ("manager-1", "manager-2"))
MAX_IN_FLIGHT: Final = 12
"""The link is bounded: what comes on top is lost."""
MAX_ROUNDS: Final = 500
"""More than anything may take that does not wait for time to pass."""


def _done(_: Task) -> None:
    """Makes a change of what is one as a value too."""


class Pair:
    """One worker's agent, the leader's dispatcher and perhaps that of a leader deposed."""

    def __init__(self, seed: int = 0) -> None:
        self.now = 0
        self.rng = Random(seed)
        self.link: list[tuple[NodeId, NodeId, Any]] = []
        """From whom, to whom, what."""
        self.facts: list[Any] = []
        self.engine = Engine()
        self.disk: list[Any] = []
        self.unsynced: list[Persist] = []
        self.programmed = Programmed()
        """What the data plane carries."""
        self.programming: list[ProgramRoutes] = []
        self.promises = PairPromises()
        self.known_at = 0
        """When a leader last heard of the agent in its session, or might have, or the agent last started."""
        self.refused_at: dict[TaskId, int] = {}
        """When the engine last could not stop or remove a container: it is told again in a while."""
        self.term = 0
        self.deposed: Leadership | None = None
        """Who led before, and does not know that another does."""
        self.heard_by_deposed_count = 0
        self.leader = self._lead(founded())
        self.agent = self._new_agent()
        self.agent_step(ManagersLearned(MANAGERS))
        self.agent_step(HostDescribed(NodeDescription(hostname="worker")))
        self.engine_up()
        self.sync(1)

    # The leader's side

    def _lead(self, committed: Store) -> Leadership:
        node_id = MANAGERS[self.term % len(MANAGERS)].node_id
        return Leadership(node_id, committed, self.rng.getrandbits(32), lambda: self.now)

    @property
    def committed(self) -> Store:
        """What is decided."""
        return self.leader.committed

    @property
    def dispatcher(self) -> Dispatcher:
        """The one that leads."""
        return self.leader.dispatcher

    def term_start(self, knows: bool = True) -> None:
        """A new leader: what was not committed is lost, and a dispatcher begins with the committed store.

        Whether the one before `knows`, who is another manager; if not, it goes on with what it had.
        """
        before = self.leader
        before.deposed_at = self.now
        self.deposed = None if knows else before
        self.term += 1
        self.leader = self._lead(before.committed.copy())

    def deposed_leader_learns(self) -> None:
        """It stops."""
        self.deposed = None

    def write(self, change: Callable[[Draft], None]) -> None:
        self.leader.write(change)

    def commit_one(self) -> None:
        if self.leader.log:
            self.promises.watch(self.leader.commit_one())
            self.leader_does(self.leader, self.dispatcher.speak(self.now))

    def commit_all(self) -> None:
        while self.leader.log:
            self.commit_one()

    def leader_does(self, leader: Leadership, effects: list[Any]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self._check_entitled(leader.committed, effect.message)
                self._put_on_link(leader.node_id, WORKER, effect.message)
            else:
                self.facts.append(effect.fact)
        leader.reconcile()

    def _check_entitled(self, committed: Store, message: Any) -> None:
        """A secret leaves a leader only for a task of this node that has not ended, as far as the leader knows.

        So does a config; and neither twice in a message.
        """
        if isinstance(message, Assignments):
            told = [*(secret.id for secret in message.secrets), *(config.id for config in message.configs)]
            tasks = committed.tasks_on_node(WORKER)
            assert len(told) == len(set(told))
            assert {*needed_secrets(tasks), *needed_configs(tasks)}.issuperset(told)

    # The worker's side

    def _new_agent(self) -> Agent:
        durable = replay(self.disk)
        self.tickets = Tickets()
        rng = Random(self.rng.getrandbits(32))
        self.known_at = self.now
        return Agent(WORKER, Address("worker:2377"), LAN.dispatcher, self.tickets, durable, rng, self.now)

    def agent_step(self, event: AgentEvent) -> None:
        effects = self.agent.step(self.now, event)
        for effect in effects:
            if isinstance(effect, Send):
                self._put_on_link(WORKER, effect.to, effect.message)
            elif isinstance(effect, Persist):
                self._write_down(effect)
            elif isinstance(effect, ProgramRoutes):
                if effect not in self.programming:  # it is given again when there was no report for a while
                    self.programming.append(effect)
            elif isinstance(effect, PrepareTask | StartTask | StopTask | RemoveTask):
                self.engine.orders.append(effect)
            else:
                assert isinstance(effect, Observe), effect
                self.facts.append(effect.fact)
        self.agent.check_invariants()
        self.promises.check_stops(
            self.agent, (effect.task_id for effect in effects if isinstance(effect, StopTask | RemoveTask))
        )

    def _write_down(self, effect: Persist) -> None:
        assert effect.stream is Stream.AGENT
        encoded = msgpack.encode(effect.record)
        assert not any(data in encoded for data in SECRET_DATA.values())
        self.unsynced.append(effect)

    def sync(self, count: int) -> None:
        for _ in range(min(count, len(self.unsynced))):
            effect = self.unsynced.pop(0)
            self.disk.append(effect.record)
            for task_id in getattr(effect.record, "removed", ()):
                self.promises.removed(task_id, self.engine.start_count(task_id))
            self.agent_step(Persisted(effect.ticket))

    def engine_up(self) -> None:
        self.engine.up = True
        self.agent_step(EngineUp())
        inventory = tuple((task_id, self.engine.report(task_id)) for task_id in self.engine.containers)
        self.agent_step(EngineInventory(inventory))

    def engine_acts(self, choice: int, refuse: bool) -> None:
        """It carries out an order, or says that it cannot."""
        report = self.engine.perform(choice, refuse)
        if report is not None:
            if refuse:
                self.promises.may_be_given_up(report.task_id)
            if refuse and report.operation_id >= Order.STOP:
                self.refused_at[report.task_id] = self.now
            self.agent_step(report)

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

    def _put_on_link(self, sender: NodeId, to: NodeId, message: Any) -> None:
        if len(self.link) < MAX_IN_FLIGHT:
            self.link.append((sender, to, message))

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
        sender, to, message = self.link[position] if keep else self.link.pop(position)
        if to == WORKER:
            self.agent_step(Received(sender, WORKER, message))
        elif to == self.leader.node_id:
            self._hear(self.leader, message)
        elif self.deposed is not None:
            self.heard_by_deposed_count += 1
            self._hear(self.deposed, message)
        else:
            self._refer(to, message)

    def _hear(self, leader: Leadership, message: Any) -> None:
        """A message reaches one who leads, or thinks so."""
        effects = leader.dispatcher.receive(self.now, WORKER, message)
        if any(isinstance(effect, Send) and isinstance(effect.message, BeatAnswer) for effect in effects):
            self.known_at = max(self.known_at, leader.proven_at())
        self.leader_does(leader, effects)

    def _refer(self, manager_id: NodeId, message: Any) -> None:
        """A message reaches a manager that does not lead."""
        if isinstance(message, Register):
            leader = next(manager for manager in MANAGERS if manager.node_id == self.leader.node_id)
            self._put_on_link(manager_id, WORKER, NotLeader(message.attempt, leader, MANAGERS))
        else:
            self._put_on_link(manager_id, WORKER, SessionUnknown(message.session_id))

    # Time

    def deadline(self) -> int | None:
        times = (self.agent.deadline(), *(leader.dispatcher.deadline() for leader in self._leaders()))
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
        for leader in self._leaders():
            if (at := leader.dispatcher.deadline()) is not None and at <= self.now:
                self.leader_does(leader, leader.dispatcher.tick(self.now))
            leader.dispatcher.check_invariants()

    def _leaders(self) -> list[Leadership]:
        """All who think they lead."""
        return [self.leader] if self.deposed is None else [self.leader, self.deposed]

    # What the rest of the swarm does

    def create_task(self, number: int) -> None:
        """The first of the tasks from this number on that there has never been, if one is left."""
        tasks = map(task_of, range(number, number + TASK_COUNT))
        new = (each for each in tasks if each.id not in self.leader.head.tasks and each.id not in self.promises.history)
        task = next(new, None)
        if task is not None:
            self.write(lambda draft: _done(draft.create(task)))

    def rewrite(self, number: int) -> None:
        """A task is written anew, and what an agent goes by is as before."""
        task = self._pick(number)
        if task is not None:
            self.write(lambda draft: _done(draft.update(replace(task, service_labels={"written": str(self.now)}))))

    def assign_tasks(self) -> None:
        """The scheduler confirms where tasks were to go."""
        for task in list(self.leader.head.tasks.values()):
            if task.status.state < TaskState.ASSIGNED:
                assigned = replace(task, status=TaskStatus(TaskState.ASSIGNED))
                self.write(lambda draft, assigned=assigned: _done(draft.update(assigned)))  # type: ignore[misc]

    def want(self, number: int, desired: TaskState) -> None:
        task = self._pick(number)
        if task is not None and task.desired_state < desired:
            self.write(lambda draft: _done(draft.update(replace(task, desired_state=desired))))

    def delete_task(self, number: int) -> None:
        task = self._pick(number)
        if task is not None:
            self.write(lambda draft: draft.delete(Kind.TASK, task.id))

    def _pick(self, number: int) -> Task | None:
        tasks = list(self.leader.head.tasks.values())
        return tasks[number % len(tasks)] if tasks else None

    # What containers do

    def happen(self, number: int, phase: ContainerPhase) -> None:
        """A running container exits, or its health changes, and the engine says so if it can."""
        running = self.engine.running()
        if running:
            task_id = running[number % len(running)]
            self.engine.containers[task_id] = phase
            self.promises.may_be_given_up(task_id)
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

    def perform_all(self, heard: Leadership | None = None) -> None:
        """All is well for an instant: everything under way arrives, is written, carried out, committed.

        If only one leader is `heard`, what others say and are told is lost.
        """
        for _ in range(MAX_ROUNDS):
            if heard is not None:
                self.link = [each for each in self.link if heard.node_id in each[:2]]
            orders = self.engine.up and self.engine.orders
            if not (self.link or self.unsynced or self.leader.log or orders or self.programming):
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
        self.deposed_leader_learns()
        self._go_on(for_ns, None)

    def hear_only(self, leader: Leadership, for_ns: int) -> None:
        """Nothing else goes wrong for so long, but of those who think they lead, this one alone is heard and hears."""
        self._go_on(for_ns, leader)

    def _go_on(self, for_ns: int, heard: Leadership | None) -> None:
        if not self.engine.up:
            self.engine_up()
        until = self.now + for_ns
        self.perform_all(heard)
        while (at := self.deadline()) is not None and at <= until:
            self.now = max(self.now + MS, at)
            self.wake()
            self.perform_all(heard)
        self.now = until

    # What must hold

    def check_always(self) -> None:
        self._check_fences()
        self.promises.check(self.agent, self.engine)

    def _check_fences(self) -> None:
        """A fenced task that still runs is to stop, unless a leader may have counted on the agent since."""
        if not self.engine.up or self.now < self.known_at + FENCE_NS:
            return
        self.wake()
        told = [order.task_id for order in self.engine.orders if isinstance(order, StopTask | RemoveTask)]
        told += [task_id for task_id, at in self.refused_at.items() if self.now < at + RETRY_NS]
        for task in self.agent.tasks():
            runs = task.id in self.engine.running() or self._is_starting(task.id)
            assert task.fence_ns is None or not runs or task.id in told, f"{task.id} runs on behind its fence"

    def _is_starting(self, task_id: TaskId) -> bool:
        return any(isinstance(order, StartTask) and order.task_id == task_id for order in self.engine.orders)

    def check_settled(self) -> None:
        assert self.agent.session_id is not None
        assert self.committed.nodes[WORKER].status.state == NodeState.READY
        on_worker = self.committed.tasks_on_node(WORKER)
        stored = {task.id: task for task in on_worker if task.status.state >= TaskState.ASSIGNED}
        assert {task.id: task.status.state for task in self.agent.tasks()} == {
            task.id: task.status.state for task in stored.values()
        }
        for task in stored.values():
            wanted = min(task.desired_state, TaskState.RUNNING)
            waits = task.status.state < TaskState.ASSIGNED
            assert waits or task.status.state > TaskState.RUNNING or task.status.state == wanted, task
        running = [task.id for task in stored.values() if task.status.state == TaskState.RUNNING]
        assert sorted(self.engine.running()) == sorted(running)
        assert [task_id for task_id in self.engine.containers if task_id not in stored] == []
        assert set(self.agent.secret_ids) == needed_secrets(stored.values())
        assert set(self.agent._inbox.configs) == needed_configs(stored.values())
        assert self.programmed.table == afresh(self.committed, WORKER)
