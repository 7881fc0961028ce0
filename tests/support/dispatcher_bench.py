"""A dispatcher whose two agents are played by hand: what it sends is looked at and answered, message by message."""

from collections.abc import Callable
from random import Random
from typing import Any

from followed_store import networks_kept
from msgspec.structs import replace

from core.ids import Address, NetworkId, NodeId, SecretId, ServiceId, SessionId, TaskId
from core.manager.dispatcher.dispatcher import Dispatcher
from core.manager.draft import Draft
from core.messages import (
    Assignments,
    AssignmentsAck,
    Beat,
    Register,
    Registered,
    Routes,
    RoutesAck,
    ToManager,
)
from core.objects import Network, Node, Secret, Service, Task
from core.objects.network import NetworkAttachment, NetworkSpec
from core.objects.node import NodeDescription, NodeSpec, NodeState
from core.objects.secret import SecretSpec
from core.objects.service import ServiceSpec
from core.objects.task import (
    ContainerSpec,
    FileTarget,
    NetworkTarget,
    SecretReference,
    TaskSpec,
    TaskState,
    TaskStatus,
)
from core.operations import Kind
from core.parts import finish
from core.raft.effects import Send
from core.store import Conflict, Store
from core.timing import LAN

A, B = NodeId("node-a"), NodeId("node-b")
FRONT = NetworkId("front")
WEB = ServiceId("web")
PASSWORD = SecretId("password")
TIMING = LAN.dispatcher
LONGEST_GRACE_NS = TIMING.grace_factor * (TIMING.heartbeat_ns + TIMING.heartbeat_jitter_ns)
SHORTEST_GRACE_NS = TIMING.grace_factor * (TIMING.heartbeat_ns - TIMING.heartbeat_jitter_ns)


def task(task_id: str, node_id: NodeId, state: TaskState = TaskState.RUNNING, secret: bool = False) -> Task:
    references = (SecretReference(PASSWORD, "password", FileTarget("password")),) if secret else ()
    return Task(
        TaskId(task_id),
        WEB,
        1,
        TaskSpec(ContainerSpec("image", secrets=references)),
        1,
        node_id=node_id,
        status=TaskStatus(state),
        attachments=(NetworkAttachment(FRONT, f"10.0.1.{len(task_id)}/24"),),
    )


def acknowledgement(message: Routes) -> RoutesAck:
    """The answer of an agent whose data plane has programmed this, and all before it."""
    part = message.changes
    version, position = (part.to_version, 0) if part.last else (part.from_version, part.end_position)
    return RoutesAck(message.session_id, version, part.to_version, position)


class Leader:
    """A dispatcher whose drafts commit at once (unless `hold`), and what it sent to each node."""

    def __init__(self) -> None:
        self.now = 0
        self.hold = False
        self.proof_age_ns = 0
        self.store = Store()
        self.sent: dict[NodeId, list[Any]] = {A: [], B: []}
        self.attempt = 0
        self.begin()
        for node_id in (A, B):
            self.create(Node(node_id, NodeSpec()))
        spec = ServiceSpec("web", TaskSpec(ContainerSpec("image"), networks=(NetworkTarget(FRONT),)))
        self.create(Network(FRONT, NetworkSpec("front"), vni=4096))
        self.create(Service(WEB, spec))
        self.create(Secret(PASSWORD, SecretSpec("password", b"data")))

    def begin(self) -> None:
        """A new leader's dispatcher."""
        self.head = self.store.copy()
        self.dispatcher = Dispatcher(self.store, LAN, Random(1), self.now, self.proven_at)
        finish(self.dispatcher.rebuild(self.now))
        self.pending: list[Any] = []
        self.settle([])

    def proven_at(self) -> int:
        """When it certainly led."""
        return self.now - self.proof_age_ns

    def write(self, change: Callable[[Draft], object]) -> None:
        draft = Draft(self.head, self.head.index + 1, self.now)
        change(draft)
        self.pending.append(draft.transaction())
        if not self.hold:
            self.commit()

    def create(self, stored: Node | Network | Service | Secret | Task) -> None:
        self.write(lambda draft: draft.create(stored))

    def delete(self, kind: Kind, object_id: str) -> None:
        self.write(lambda draft: draft.delete(kind, object_id))

    def commit(self) -> None:
        pending, self.pending = self.pending, []
        for transaction in pending:
            index = self.store.index + 1
            changes = self.store.apply(index, transaction)
            assert not isinstance(changes, Conflict)
            self.dispatcher.on_committed(self.now, index, changes)
            self.settle(self.dispatcher.speak(self.now))

    def settle(self, effects: list[Any]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self.sent[effect.to].append(effect.message)
        if self.dispatcher.dirty:
            self.write(lambda draft: self.dispatcher.reconcile(self.now, draft))
        self.dispatcher.check_invariants()

    def receive(self, sender: NodeId, message: ToManager) -> None:
        self.settle(self.dispatcher.receive(self.now, sender, message))

    def until(self, now: int) -> None:
        while (at := self.dispatcher.deadline()) is not None and at <= now:
            self.now = max(self.now, at)
            self.settle(self.dispatcher.tick(self.now))
        self.now = now

    def take(self, node_id: NodeId, kind: type[Any]) -> list[Any]:
        """The messages of a kind sent to a node since it was last looked at."""
        taken = [message for message in self.sent[node_id] if isinstance(message, kind)]
        self.sent[node_id] = [message for message in self.sent[node_id] if not isinstance(message, kind)]
        return taken

    def register(self, node_id: NodeId) -> SessionId:
        self.attempt += 1
        address, description = Address(f"{node_id}:2377"), NodeDescription(hostname=node_id)
        self.receive(node_id, Register(self.attempt, node_id, NodeId(""), address, description))
        session_id: SessionId = self.take(node_id, Registered)[-1].session_id
        self.receive(node_id, Beat(session_id, 1))
        return session_id

    def acknowledge(self, node_id: NodeId, session_id: SessionId, routes: bool = True) -> list[Assignments]:
        """Take and acknowledge what was sent, until nothing more comes; the assignments."""
        told: list[Assignments] = []
        while True:
            assignments, tables = self.take(node_id, Assignments), self.take(node_id, Routes) if routes else []
            if not assignments and not tables:
                return told
            told += assignments
            for message in assignments:
                self.receive(node_id, AssignmentsAck(session_id, message.sequence))
            for message in tables:
                self.receive(node_id, acknowledgement(message))

    def want(self, task_id: str, desired: TaskState) -> None:
        stored = self.store.tasks[TaskId(task_id)]
        self.write(lambda draft: draft.update(replace(stored, desired_state=desired)))

    def give_grace(self, task_id: str, grace_ns: int) -> None:
        """The task has so long to drain, as if its service's label had said so when it was made."""
        stored = self.store.tasks[TaskId(task_id)]
        self.write(lambda draft: draft.update(replace(stored, drain_grace_ns=grace_ns)))

    def state(self, node_id: NodeId) -> NodeState:
        return self.store.nodes[node_id].status.state

    def beat(self, sessions: dict[NodeId, SessionId], until: int) -> None:
        """Time passes, and these agents beat."""
        while self.now < until:
            for node_id, session_id in sessions.items():
                self.receive(node_id, Beat(session_id, 2))
            self.until(min(self.now + TIMING.heartbeat_ns, until))


class Pair(Leader):
    """Both nodes in session, all acknowledged; a running task on A."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions = {node_id: self.register(node_id) for node_id in (A, B)}
        self.create(task("web.1", A))
        self.create(task("web.22", B))
        for node_id, session_id in self.sessions.items():
            self.acknowledge(node_id, session_id)

    def acknowledge_all(self) -> None:
        """Both agents have what they were told so far."""
        for node_id in (B, A):
            self.acknowledge(node_id, self.sessions[node_id])

    def networks_remembered(self) -> int:
        """Of how many networks the leader keeps tables, once it has had a moment."""
        self.until(self.now + TIMING.heartbeat_ns)
        return len(networks_kept(self.dispatcher._conversations.tables))

    def stops_told(self) -> list[TaskId]:
        told = self.acknowledge(A, self.sessions[A])
        stops = [each.id for message in told for each in message.tasks if each.desired_state >= TaskState.SHUTDOWN]
        return list(dict.fromkeys(stops))
