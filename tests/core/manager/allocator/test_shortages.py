"""Who waits for what, against a plain list of the same; and whom a free address of one network has tried again."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leading_head import WALL_NS, node_of, task_spec
from msgspec.structs import replace

from core.ids import ClusterId, NetworkId, NodeId, ServiceId
from core.manager.allocator.allocator import Allocator
from core.manager.allocator.pools import Holder, Pools
from core.manager.allocator.shortages import ANYTHING_ELSE, Shortages
from core.manager.control_loops import ControlLoops
from core.manager.draft import Draft
from core.manager.orchestrator.tasks import new_task
from core.objects import Cluster, Network, StoredObject, Task
from core.objects.network import NetworkSpec, Subnet
from core.objects.service import EndpointMode, EndpointSpec, Service, ServiceSpec
from core.objects.task import NetworkTarget, TaskState
from core.operations import Kind
from core.parts import finish
from core.store import Store, kind_of

NETWORKS = (NetworkId("n1"), NetworkId("n2"), ANYTHING_ELSE)
IDS = ("a", "b", "c")
acts = st.one_of(
    st.tuples(st.just("note"), st.sampled_from(IDS), st.sampled_from(NETWORKS), st.sampled_from("xy")),
    st.tuples(st.just("forget"), st.sampled_from(IDS)),
    st.tuples(st.just("take"), st.lists(st.sampled_from(NETWORKS), unique=True)),
)


@given(st.lists(acts, max_size=30))
def test_it_is_a_list_of_who_waits_for_what(history: list[tuple]) -> None:  # type: ignore[type-arg]
    shortages = Shortages()
    rows: list[tuple[str, NetworkId, str]] = []
    for act in history:
        if act[0] == "note":
            _, name, awaited, reason = act
            shortages.note(Kind.NODE, name, awaited, reason)
            known = [row for row in rows if row[:2] == (name, awaited)]
            rows = [(*row[:2], reason) if row in known else row for row in rows]
            rows += [] if known else [(name, awaited, reason)]
        elif act[0] == "forget":
            shortages.forget(Kind.NODE, act[1])
            rows = [row for row in rows if row[0] != act[1]]
        else:
            taken = {row[0] for row in rows if row[1] in act[1]}
            assert sorted(shortages.take(act[1])) == [(Kind.NODE, name) for name in sorted(taken)]
            rows = [row for row in rows if row[0] not in taken]
        waiting = {(name, awaited) for name, awaited, _ in rows}
        assert {(key[1], awaited) for key, awaited in shortages} == waiting
        for name in IDS:
            reasons = [reason for other, _, reason in rows if other == name]
            assert shortages.reason(Kind.NODE, name) == (reasons[-1] if reasons else "")


class Swarm:
    """Nodes, of which ingress has addresses for five, and a service on a network of its own. No virtual addresses."""

    def __init__(self, node_count: int, subnet: Subnet) -> None:
        self.head = Store()
        self.index = 0
        self._loops = ControlLoops([Allocator(self.head)])
        finish(self._loops.rebuild(0))
        self.write(Cluster(ClusterId("cluster")))
        self.write(
            Network(NetworkId("ingress"), NetworkSpec("ingress", subnets=(Subnet("10.1.0.0/29"),), ingress=True))
        )
        self.write(Network(NetworkId("n1"), NetworkSpec("n1", subnets=(subnet,))))
        for number in range(node_count):
            self.write(node_of(f"w{number}"))
        spec = replace(task_spec(), networks=(NetworkTarget(NetworkId("n1")),))
        endpoint = EndpointSpec(EndpointMode.DNSRR)
        self.service = Service(ServiceId("s"), ServiceSpec("s", spec, endpoint=endpoint), spec_version=1)
        self.write(self.service)

    def write(self, stored: StoredObject) -> None:
        """And let the allocator come to rest."""
        draft = Draft(self.head, self.index + 1, WALL_NS)
        exists = self.head.get(kind_of(stored), stored.id) is not None
        draft.update(stored) if exists else draft.create(stored)
        self._settle(draft)

    def delete(self, stored: StoredObject) -> None:
        """Likewise."""
        draft = Draft(self.head, self.index + 1, WALL_NS)
        draft.delete(kind_of(stored), stored.id)
        self._settle(draft)

    def task(self, number: int) -> Task:
        """A new one of the service, and what the allocator gave it."""
        task = new_task(Random(number), self.service, number, WALL_NS)
        self.write(task)
        return self.head.tasks[task.id]

    def move(self, task: Task, state: TaskState, node_id: NodeId) -> None:
        """A task gets on."""
        stored = self.head.tasks[task.id]
        self.write(replace(stored, node_id=node_id, status=replace(stored.status, state=state)))

    def state(self, task: Task) -> TaskState:
        """Of a task now."""
        return self.head.tasks[task.id].status.state

    def _settle(self, draft: Draft) -> None:
        self._loops.tell(0, draft)
        while not draft.empty:
            draft.transaction()
            self.index += 1
            draft = Draft(self.head, self.index + 1, WALL_NS)
            self._loops.run(0, draft)


def test_an_address_of_one_network_has_nobody_tried_who_waits_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three nodes are without an address on ingress for good; what happens on other networks is nothing to them."""
    swarm = Swarm(8, Subnet("10.2.0.0/24"))
    without = [node.id for node in swarm.head.nodes.values() if not node.attachments]
    assert without == ["w5", "w6", "w7"]
    tried: list[str] = []
    has_room_for = Pools.has_room_for

    def watched(pools: Pools, holder: Holder, network_id: NetworkId) -> bool:
        tried.append(holder.id)
        return has_room_for(pools, holder, network_id)

    monkeypatch.setattr(Pools, "has_room_for", watched)
    task = swarm.task(1)
    for state in (TaskState.ASSIGNED, TaskState.RUNNING, TaskState.SHUTDOWN):
        swarm.move(task, state, NodeId("w0"))
    assert tried == [task.id, "w0"]  # the node for the network of its task


@pytest.fixture
def kept_back() -> tuple[Swarm, Task, Task]:
    """Four nodes, one of them on the network, and seven addresses, of which three are free: and are kept back for the
    nodes that the two tasks which wait for a node, and another one, may come to. So that one waits for an address.
    """
    swarm = Swarm(4, Subnet("10.2.0.0/28", ip_range="10.2.0.8/29"))
    swarm.move(swarm.task(1), TaskState.ASSIGNED, NodeId("w0"))
    unplaced, _, waits = swarm.task(2), swarm.task(3), swarm.task(4)
    assert (swarm.state(unplaced), swarm.state(waits)) == (TaskState.PENDING, TaskState.NEW)
    return swarm, unplaced, waits


def test_an_address_comes_free_when_a_task_is_placed_where_none_is_needed(kept_back: tuple[Swarm, Task, Task]) -> None:
    swarm, unplaced, waits = kept_back
    swarm.move(unplaced, TaskState.ASSIGNED, NodeId("w0"))
    assert swarm.state(waits) is TaskState.PENDING


def test_an_address_comes_free_when_a_node_goes_for_which_it_was_kept(kept_back: tuple[Swarm, Task, Task]) -> None:
    swarm, _, waits = kept_back
    swarm.delete(swarm.head.nodes[NodeId("w3")])
    assert swarm.state(waits) is TaskState.PENDING


def test_who_waited_for_a_service_that_asks_for_less_now_is_served() -> None:
    """Its network was full; it is on no network any more, and nothing has come free anywhere."""
    swarm = Swarm(5, Subnet("10.2.0.0/24"))
    spec = ServiceSpec("t", replace(task_spec(), networks=(NetworkTarget(NetworkId("ingress")),)))
    swarm.service = Service(ServiceId("t"), spec, spec_version=1)
    swarm.write(swarm.service)
    assert swarm.task(1).status.err == "could not find an available IP on network ingress"
    stored = swarm.head.services[swarm.service.id]
    swarm.service = replace(stored, spec=replace(spec, task=task_spec()), spec_version=2)
    swarm.write(swarm.service)
    assert swarm.task(2).status.state is TaskState.PENDING
