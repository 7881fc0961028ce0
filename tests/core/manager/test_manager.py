"""The manager as the host drives it: everything through the log, facts and answers only of what is committed."""

from leading_head import task_spec
from leading_manager import SELF, Leader

from core.facts import NodeStateChanged, TaskMoved, TaskPending
from core.ids import NodeId
from core.manager.scheduler.scheduler import RETRY_NS
from core.messages import JoinRequest
from core.objects.node import Availability, NodeDescription, NodeState
from core.objects.service import Replicated, ServiceSpec
from core.objects.task import TaskState
from core.operations import CreateService, ErrorCode, FoundSwarm, InitSwarm, OperationError
from core.raft.effects import Observe
from core.raft.machine import Accepted, Rejected


def facts(leader: Leader) -> list[object]:
    return [effect.fact for effect in leader.effects if isinstance(effect, Observe)]


def test_a_swarm_is_founded_with_cluster_ingress_network_and_first_manager() -> None:
    leader = Leader()
    assert leader.store.cluster is not None
    [network] = leader.store.networks.values()
    assert network.spec.ingress
    assert network.subnets[0].subnet == "10.0.0.0/24"
    [node] = leader.store.nodes.values()
    assert node.id == SELF
    assert [attachment.address for attachment in node.attachments] == ["10.0.0.2/24"]


def test_services_run_on_nodes_that_registered() -> None:
    leader = Leader()
    leader.register("m1", "raft-m1")
    assert NodeStateChanged(SELF, NodeState.READY) in facts(leader)
    leader.ask(CreateService(ServiceSpec("web", task_spec(), mode=Replicated(3))))
    assert {(task.node_id, task.status.state) for task in leader.store.tasks.values()} == {("m1", TaskState.ASSIGNED)}
    moved = [fact for fact in facts(leader) if isinstance(fact, TaskMoved)]
    assert [(fact.slot, fact.state) for fact in moved] == [(slot, TaskState.ASSIGNED) for slot in (1, 2, 3)]


def test_why_a_task_waits_is_a_fact() -> None:
    leader = Leader()
    leader.ask(CreateService(ServiceSpec("web", task_spec())))
    [pending] = [fact for fact in facts(leader) if isinstance(fact, TaskPending)]
    assert pending.reason == "no suitable node (1 node not available for new tasks)"


def test_a_silent_node_is_down_and_its_tasks_run_elsewhere_within_the_promised_time() -> None:
    leader = Leader()
    for name in ("w1", "w2"):
        request = JoinRequest(1, NodeId(name), "worker-token", f"{name}:1", Availability.ACTIVE, NodeDescription(name))  # type: ignore[arg-type]
        leader.hear(NodeId(name), request)
        leader.register(name)
    leader.ask(CreateService(ServiceSpec("web", task_spec(), mode=Replicated(4))))
    leader.run_for(600_000_000)
    leader.register("w2", attempt=2)
    leader.run_for(600_000_000)
    assert leader.store.nodes[NodeId("w1")].status.state is NodeState.DOWN
    wanted = [task for task in leader.store.tasks.values() if task.desired_state <= TaskState.RUNNING]
    assert {task.node_id for task in wanted} == {"w2"}
    assert len(wanted) == 4


def test_a_refused_write_leaves_no_trace_and_the_next_one_takes_its_index() -> None:
    leader = Leader()
    bad, good = (CreateService(ServiceSpec(name, task_spec())) for name in ("", "web"))
    outcome = leader.manager.evaluate(0, leader.index + 1, bad)
    assert isinstance(outcome, Rejected)
    assert outcome.error == OperationError(ErrorCode.INVALID, "meta: name must be provided")
    assert isinstance(leader.manager.evaluate(0, leader.index + 1, good), Accepted)


def test_writes_in_flight_are_seen_by_the_next_ones() -> None:
    leader = Leader()
    create = CreateService(ServiceSpec("web", task_spec()))
    first = leader.manager.evaluate(0, leader.index + 1, create)
    assert isinstance(first, Accepted)
    second = leader.manager.evaluate(0, leader.index + 2, create)
    assert isinstance(second, Rejected)
    assert second.error.code is ErrorCode.ALREADY_EXISTS
    assert leader.store.services == {}


def test_founding_is_done_once() -> None:
    leader = Leader()
    assert leader.store.cluster is not None
    again = FoundSwarm(
        operation=InitSwarm("192.0.2.1:2377"),  # type: ignore[arg-type]  # an address
        tokens=leader.store.cluster.tokens,
        cluster_id=leader.store.cluster.id,
        node_id=SELF,
        raft_id=NodeId("raft-m1"),
        description=NodeDescription(),
    )
    assert isinstance(leader.ask(again), OperationError)


def test_a_new_leader_carries_on_where_the_old_one_stopped() -> None:
    leader = Leader()
    leader.register("m1", "raft-m1")
    create = leader.manager.evaluate(leader.now, leader.index + 1, CreateService(ServiceSpec("web", task_spec())))
    assert isinstance(create, Accepted)
    leader._commit(create.command)  # and nothing of what follows from it
    leader.lead()
    leader.register("m1", "raft-m1", attempt=2)
    leader.run_for(RETRY_NS)
    assert [task.status.state for task in leader.store.tasks.values()] == [TaskState.ASSIGNED]
