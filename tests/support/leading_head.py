"""A leader's control loops over a head of their own, a store that applies what they write, and obedient agents.

`Swarm` is what story tests and property tests of `core.manager` drive: no Raft, no dispatcher, no clock but the
one that `run_for` moves. Every transaction is applied to a `committed` store, which must accept it and in the end agree
with the head.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from msgspec.structs import replace

from core.ids import ClusterId, NetworkId, NodeId
from core.manager.allocator.allocator import Allocator
from core.manager.allocator.audit import audit, leaks
from core.manager.control.control import carry_out
from core.manager.control_loops import ControlLoops
from core.manager.dispatcher.departures import without_departed
from core.manager.draft import Draft
from core.manager.manager import reconcilers_of
from core.manager.orchestrator.replicated import ReplicatedOrchestrator
from core.manager.scheduler.scheduler import Scheduler
from core.manager.wall import Wall
from core.objects import Cluster, Network, Node, Service, StoredObject, Task
from core.objects.network import NetworkSpec
from core.objects.node import NodeDescription, NodeSpec, NodeState, NodeStatus
from core.objects.resources import Resources
from core.objects.service import Replicated, ServiceMode, ServiceSpec
from core.objects.task import ContainerSpec, Placement, RestartPolicy, TaskSpec, TaskState, TaskStatus, is_wanted
from core.operations import CreateService, Kind, OperationError, Remove, UpdateNode, UpdateService, Write
from core.parts import finish
from core.store import Conflict, Store, Transaction, kind_of
from core.timing import LAN, SECOND, Timing

WALL_NS = 1_700_000_000 * SECOND
GIB = 1 << 30
_NEXT_STATE = {
    TaskState.ASSIGNED: TaskState.ACCEPTED,
    TaskState.ACCEPTED: TaskState.PREPARING,
    TaskState.PREPARING: TaskState.READY,
    TaskState.READY: TaskState.STARTING,
    TaskState.STARTING: TaskState.RUNNING,
}


def task_spec(
    image: str = "app",
    *,
    constraints: tuple[str, ...] = (),
    max_replicas: int = 0,
    reservations: Resources = Resources(),
    restart: RestartPolicy = RestartPolicy(),
) -> TaskSpec:
    """A template with the fields that tests vary."""
    placement = Placement(constraints=constraints, max_replicas=max_replicas)
    return TaskSpec(ContainerSpec(image), reservations=reservations, restart=restart, placement=placement)


def node_of(name: str, **changes: object) -> Node:
    """A worker that is up, with 4 CPUs and 8 GiB."""
    node = Node(
        id=NodeId(name),
        spec=NodeSpec(),
        description=NodeDescription(hostname=name, resources=Resources(4_000_000_000, 8 * GIB)),
        status=NodeStatus(NodeState.READY, address="192.0.2.1"),
    )
    return replace(node, **changes)


class Swarm:
    """A cluster, an ingress network and `workers` nodes w1, w2, …, led from the start."""

    def __init__(self, workers: int = 3, timing: Timing = LAN, seed: int = 1) -> None:
        self.now = 0
        self.index = 0
        self.committed = Store()
        self.timing = timing
        self.rng = Random(seed)
        self.transactions: list[Transaction] = []
        self.on_commit: list[Callable[[], None]] = []
        """Told of every transaction once it is applied."""
        self.is_stuck: Callable[[Task], bool] = lambda task: False
        """Which tasks agents do not move on."""
        self.lead()
        self.write(lambda draft: draft.create(Cluster(ClusterId("cluster"))))
        self.write(lambda draft: draft.create(Network(NetworkId("ingress"), NetworkSpec("ingress", ingress=True))))
        for number in range(1, workers + 1):
            self.put(node_of(f"w{number}"))

    def lead(self, wall_ahead_ns: int = 0) -> None:
        """A new leader takes over, perhaps with another clock: everything but the committed store is made anew."""
        self.leader_wall_ns = WALL_NS + wall_ahead_ns
        self.head = self.committed.copy()
        self.reconcilers = reconcilers_of(self.head, self.timing, self.rng, Wall(self.leader_wall_ns))
        self.loops = ControlLoops(self.reconcilers)
        finish(self.loops.rebuild(self.now))

    # Writing

    def write(self, fill: Callable[[Draft], object]) -> None:
        """One transaction by hand."""
        draft = self._draft()
        fill(draft)
        self.loops.tell(self.now, draft)
        self._commit(draft.transaction())

    def put(self, stored: StoredObject) -> None:
        """Create or replace an object."""

        def fill(draft: Draft) -> None:
            exists = self.head.get(kind_of(stored), stored.id) is not None
            draft.update(stored) if exists else draft.create(stored)

        self.write(fill)

    def ask(self, operation: Write) -> str | OperationError | None:
        """A client's write."""
        draft = self._draft()
        answer = carry_out(draft, operation, self.rng)
        self.loops.tell(self.now, draft)
        if isinstance(answer, OperationError):
            assert draft.empty
        else:
            self._commit(draft.transaction(answer))
        return answer

    def _draft(self) -> Draft:
        return Draft(self.head, self.index + 1, self.leader_wall_ns + self.now)

    def _commit(self, transaction: Transaction) -> None:
        self.index += 1
        self.transactions.append(transaction)
        outcome = self.committed.apply(self.index, transaction)
        assert not isinstance(outcome, Conflict), outcome
        for told in self.on_commit:
            told()

    # Running

    def settle(self, agents: bool = True) -> None:
        """Let the leader, and the agents unless they are off, do everything there is to do at this moment."""
        for _ in range(1000):
            transaction = self.loops.run(self.now, self._draft())
            if transaction is not None:
                self._commit(transaction)
            elif not (self._goes_on() or (agents and self.agents_step())):
                break
        else:
            raise AssertionError("the swarm does not come to rest")
        assert self.committed.digest() == self.head.digest()

    def _goes_on(self) -> bool:
        """Whether the loops only stopped since they had looked at enough for one step."""
        at = self.loops.deadline(self.now)
        return at is not None and at <= self.now

    def run_for(self, duration_ns: int, agents: bool = True) -> None:
        """Let time pass, stopping at every deadline."""
        end = self.now + duration_ns
        self.settle(agents)
        while (at := self.loops.deadline(self.now)) is not None and at <= end:
            self.now = max(self.now, at)
            self.settle(agents)
        self.now = end
        self.settle(agents)

    def agents_step(self) -> bool:
        """Each agent that is up moves each of its tasks one state on, and says when its data plane has left networks.

        Whether there was anything to move or to leave.
        """
        moved = [(task, state) for task in self.head.tasks.values() if (state := self._moves_to(task)) is not None]
        for task, state in moved[:150]:
            self.report(task, state)
        return self._leave_networks() or bool(moved)

    def _leave_networks(self) -> bool:
        up = [node for node in self.head.nodes.values() if node.status.state is NodeState.READY]
        rests = [rest for node in up if (rest := without_departed(self.head, node)) != node]
        for rest in rests:
            self.put(rest)
        return bool(rests)

    def _moves_to(self, task: Task) -> TaskState | None:
        node = self.head.nodes.get(task.node_id)
        if node is None or node.status.state is not NodeState.READY or self.is_stuck(task):
            return None
        if not TaskState.ASSIGNED <= task.status.state <= TaskState.RUNNING:
            return None
        if not is_wanted(task):
            return TaskState.SHUTDOWN
        if task.status.state is TaskState.READY and task.desired_state is TaskState.READY:
            return None
        return _NEXT_STATE.get(task.status.state)

    def report(self, task: Task, state: TaskState, wall_ahead_ns: int = 0) -> None:
        """An agent's word about a task, perhaps by another clock."""
        wall_ns = WALL_NS + self.now + wall_ahead_ns
        ran_at = wall_ns if state is TaskState.RUNNING else self.head.tasks[task.id].status.ran_at
        status = TaskStatus(state=state, timestamp=wall_ns, message=state.name.lower(), ran_at=ran_at)
        self.write(lambda draft: draft.update(replace(self.head.tasks[task.id], status=status)))

    # Clients' and operators' acts

    def create(
        self, name: str, spec: TaskSpec | None = None, mode: ServiceMode | None = None, **more: object
    ) -> Service:
        """Create a service and let the leader work."""
        service = self.create_quietly(name, spec, mode, **more)
        self.settle()
        return self.service(service.spec.name)

    def create_quietly(
        self, name: str, spec: TaskSpec | None = None, mode: ServiceMode | None = None, **more: object
    ) -> Service:
        """The same while no agent says or does anything."""
        declared = ServiceSpec(name, spec or task_spec(), mode=mode or Replicated(), **more)  # type: ignore[arg-type]
        answer = self.ask(CreateService(declared))
        assert isinstance(answer, str), answer
        self.settle(agents=False)
        return self.service(name)

    def scale(self, name: str, replicas: int) -> None:
        """`docker service scale`."""
        service = self.service(name)
        spec = replace(service.spec, mode=Replicated(replicas))
        answer = self.ask(UpdateService(service.id, service.version, spec))
        assert answer is None, answer
        self.settle()

    def update(self, name: str, rollback: bool = False, **changes: Any) -> None:
        """`docker service update`, seen through to where nothing more happens at this moment."""
        service = self.service(name)
        spec = replace(service.spec, **changes)
        answer = self.ask(UpdateService(service.id, service.version, spec, rollback))
        assert answer is None, answer
        self.settle()

    def remove(self, kind: Kind, reference: str) -> str | OperationError | None:
        """`docker ... rm`."""
        answer = self.ask(Remove(kind, reference))
        self.settle()
        return answer

    def remove_quietly(self, kind: Kind, reference: str) -> None:
        """The same while no agent says or does anything."""
        answer = self.ask(Remove(kind, reference))
        assert answer is None, answer
        self.settle(agents=False)

    def update_node(self, name: str, **changes: object) -> str | OperationError | None:
        """`docker node update`."""
        node = self.head.nodes[NodeId(name)]
        return self.ask(UpdateNode(node.id, node.version, replace(node.spec, **changes)))

    def set_state(self, name: str, state: NodeState) -> None:
        """What a dispatcher would say of a node."""
        node = self.head.nodes[NodeId(name)]
        self.put(replace(node, status=NodeStatus(state, address=node.status.address)))

    # Looking

    def service(self, name: str) -> Service:
        """By name."""
        service_id = self.head.id_named(Kind.SERVICE, name)
        assert service_id is not None, name
        stored = self.head.get(Kind.SERVICE, service_id)
        assert isinstance(stored, Service)
        return stored

    def tasks(self, name: str) -> list[Task]:
        """All tasks of a service in order of creation."""
        return [task for task in self.head.tasks.values() if task.service_name == name]

    def wanted(self, name: str) -> list[Task]:
        """Those that are to run."""
        return [task for task in self.tasks(name) if is_wanted(task)]

    def running(self, name: str) -> list[Task]:
        """Those that are to run and do."""
        return [task for task in self.wanted(name) if task.status.state is TaskState.RUNNING]

    def places(self, name: str) -> dict[str, int]:
        """Node -> how many tasks run there."""
        counts: dict[str, int] = {}
        for task in self.running(name):
            counts[task.node_id] = counts.get(task.node_id, 0) + 1
        return dict(sorted(counts.items()))

    def check(self) -> None:
        """What must hold of every state that has come to rest."""
        assert audit(self.committed) == []
        assert leaks(self.committed) == []
        self.loops.check_invariants()
        for store in (self.committed, self.head):
            store.check_invariants(full=True)
        for reconciler in self.reconcilers:
            if isinstance(reconciler, Allocator | Scheduler | ReplicatedOrchestrator):
                reconciler.check_invariants()
