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
    """More nodes than ingress has addresses, and a service on a network with room for all of its two tasks."""

    def __init__(self) -> None:
        self.head = Store()
        self.index = 0
        self._loops = ControlLoops([Allocator(self.head)])
        finish(self._loops.rebuild(0))
        self.write(Cluster(ClusterId("cluster")))
        for name, ingress in (("ingress", True), ("n1", False)):
            subnet = Subnet("10.1.0.0/29" if ingress else "10.2.0.0/24")
            self.write(Network(NetworkId(name), NetworkSpec(name, ingress=ingress, subnets=(subnet,))))
        for number in range(8):
            self.write(node_of(f"w{number}"))
        spec = replace(task_spec(), networks=(NetworkTarget(NetworkId("n1")),))
        self.service = Service(
            ServiceId("s"), ServiceSpec("s", spec, endpoint=EndpointSpec(EndpointMode.DNSRR)), spec_version=1
        )
        self.write(self.service)

    def write(self, stored: StoredObject) -> None:
        """And let the allocator come to rest."""
        draft = Draft(self.head, self.index + 1, WALL_NS)
        exists = self.head.get(kind_of(stored), stored.id) is not None
        draft.update(stored) if exists else draft.create(stored)
        self._loops.tell(0, draft)
        while True:
            self.index += 1
            draft.transaction()
            draft = Draft(self.head, self.index + 1, WALL_NS)
            if self._loops.run(0, draft) is None:
                return


def test_an_address_of_one_network_has_nobody_tried_who_waits_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three nodes are without an address on ingress for good; what happens on other networks is nothing to them."""
    swarm = Swarm()
    without = [node.id for node in swarm.head.nodes.values() if not node.attachments]
    assert len(without) == 3
    tried: list[str] = []
    has_room_for = Pools.has_room_for

    def watched(pools: Pools, holder: Holder, network_id: NetworkId) -> bool:
        tried.append(holder.id)
        return has_room_for(pools, holder, network_id)

    monkeypatch.setattr(Pools, "has_room_for", watched)
    task, node_id = new_task(Random(1), swarm.service, 1, WALL_NS), NodeId("w0")
    assert node_id not in without
    swarm.write(task)
    for state in (TaskState.ASSIGNED, TaskState.RUNNING, TaskState.SHUTDOWN):
        stored: Task = swarm.head.tasks[task.id]
        swarm.write(replace(stored, node_id=node_id, status=replace(stored.status, state=state)))
    assert tried == [task.id, node_id]  # the node for the network of its task


def test_who_waited_for_a_service_that_asks_for_less_now_is_served() -> None:
    """Its network was full; it is on no network any more, and nothing has come free anywhere."""
    swarm = Swarm()
    full = NetworkTarget(NetworkId("ingress"))  # no address is left there
    on_it = replace(swarm.service.spec.task, networks=(full,))
    spec = ServiceSpec("t", on_it)
    swarm.write(service := Service(ServiceId("t"), spec, spec_version=1))
    swarm.write(task := new_task(Random(1), service, 1, WALL_NS))
    assert "could not find an available IP" in swarm.head.tasks[task.id].status.err
    stored = swarm.head.services[service.id]
    swarm.write(asks_less := replace(stored, spec=replace(spec, task=task_spec()), spec_version=2))
    swarm.write(later := new_task(Random(2), asks_less, 1, WALL_NS))
    assert swarm.head.tasks[later.id].status.state is TaskState.PENDING
