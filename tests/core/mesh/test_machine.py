"""The incremental tables against those computed afresh: any history of objects, worked out piecemeal, by any leaders.

Whenever all is worked out, each host's table at any earlier version and its transfer make the table computed afresh,
however much of the past is forgotten; and when everything is removed, nothing is kept.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from followed_store import (
    NETWORKS,
    NODES,
    SERVICES,
    STATES,
    TASKS,
    Followed,
    deletions,
    kept,
    network,
    networks,
    node,
    nodes,
    objects,
    service,
    services,
    task,
    tasks,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec.structs import replace

from core.ids import NetworkId
from core.mesh import places, section
from core.mesh import tables as mesh_tables
from core.mesh.rules import service_networks
from core.objects import Network, Node, Service, Task
from core.objects.node import NodeState
from core.objects.service import EndpointMode
from core.objects.task import TaskState, TaskStatus
from core.operations import Kind

EVERYTHING: dict[Kind, Sequence[str]] = {
    Kind.NETWORK: NETWORKS,
    Kind.NODE: NODES,
    Kind.SERVICE: SERVICES,
    Kind.TASK: TASKS,
}
choices = st.integers(0, 59)


def is_on(network_id: NetworkId, attached: Node | Task) -> bool:
    return network_id in [place.network_id for place in attached.attachments]


class AnyMesh(RuleBasedStateMachine):
    """A swarm at work, or with nothing in it yet, to which anything happens.

    Every write is followed by one step of the tables, as a leader does it, and by more where a rule says so.
    """

    @initialize(
        settled_per_step=st.sampled_from([300, 300, 1, 2]),
        most_left=st.sampled_from([32, 1]),
        most_tombstones=st.sampled_from([2000, 2]),
        removal=st.permutations(list(EVERYTHING)),
        at_work=st.booleans(),
    )
    def found(
        self, settled_per_step: int, most_left: int, most_tombstones: int, removal: list[Kind], at_work: bool
    ) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(mesh_tables, "SETTLED_PER_STEP", settled_per_step)
        self.patch.setattr(places, "MAX_LEFT", most_left)
        self.patch.setattr(section, "MAX_TOMBSTONES", most_tombstones)
        self.removal = removal
        self.followed = Followed()
        self.at_rest = 0
        """The version at which all was worked out last."""
        if at_work:
            self.deploy()

    def deploy(self) -> None:
        """Two services on all networks, with a running task on each of three nodes."""
        running = TaskState.RUNNING
        self.write(*(network(network_id, 4096) for network_id in NETWORKS))
        self.write(*(node(node_id, NodeState.READY, False, NETWORKS[:2]) for node_id in NODES[:3]))
        self.write(*(service(service_id, NETWORKS, EndpointMode.VIP, True) for service_id in SERVICES))
        self.write(*(task(*each, running, running, NETWORKS[1:]) for each in zip(TASKS, NODES[:3], strict=False)))

    def write(self, *wishes: Any) -> None:
        self.followed.write(list(wishes))
        self.settle()

    def settle(self) -> None:
        """One step; at rest, all tables are as they should be, and of whoever was not stirred as at the last rest."""
        followed = self.followed
        if not followed.settle():
            return
        stirred = followed.tables.take_stirred()
        before, now = followed.past[self.at_rest], followed.past[followed.store.index]
        for node_id in NODES:
            assert node_id in stirred or before[node_id] == now[node_id]
        self.at_rest = followed.store.index
        self.check()

    def check(self) -> None:
        for node_id in NODES:
            self.followed.check(node_id)

    # Objects come, change and go

    @rule(wish=networks)
    def declare_network(self, wish: Network) -> None:
        self.write(wish)

    @rule(wish=nodes)
    def declare_node(self, wish: Node) -> None:
        self.write(wish)

    @rule(wish=services)
    def declare_service(self, wish: Service) -> None:
        self.write(wish)

    @rule(wish=tasks)
    def declare_task(self, wish: Task) -> None:
        self.write(wish)

    @rule(wish=deletions)
    def remove(self, wish: tuple[Kind, str]) -> None:
        self.write(wish)

    @rule(wishes=st.lists(objects | objects | deletions, min_size=2, max_size=6))
    def write_several_at_once(self, wishes: list[Any]) -> None:
        self.write(*wishes)

    @rule(number=choices, other=choices)
    def another_task_takes_over_its_addresses(self, number: int, other: int) -> None:
        """The one that had them ends in the very same write, or gets the other's."""
        stored = list(self.followed.store.tasks.values())
        if stored:
            first, second = stored[number % len(stored)], stored[other % len(stored)]
            ended = replace(first, status=TaskStatus(TaskState.FAILED), attachments=second.attachments)
            self.write(ended, replace(second, attachments=first.attachments))

    @rule(network_id=st.sampled_from(NETWORKS))
    def remove_network_with_all_on_it(self, network_id: NetworkId) -> None:
        """First what is on it, with the nodes' own addresses, and then the network itself."""
        store = self.followed.store
        on_it: list[Any] = [(Kind.TASK, each.id) for each in store.tasks.values() if is_on(network_id, each)]
        reached = [each for each in store.services.values() if network_id in service_networks(each, network_id)]
        on_it += [(Kind.SERVICE, each.id) for each in reached]
        for host in store.nodes.values():
            if is_on(network_id, host):
                left = tuple(place for place in host.attachments if place.network_id != network_id)
                on_it.append(replace(host, attachments=left))
        self.write(*on_it)
        self.write((Kind.NETWORK, network_id))

    @rule(choice=choices, state=st.sampled_from([TaskState.RUNNING, TaskState.RUNNING, *STATES]))
    def task_gets_on(self, choice: int, state: TaskState) -> None:
        """Only one that runs is healthy: any other takes no connections."""
        stored = list(self.followed.store.tasks.values())
        if stored:
            chosen = stored[choice % len(stored)]
            self.write(replace(chosen, status=replace(chosen.status, state=state)))

    @rule(choice=choices)
    def task_is_wanted_no_more(self, choice: int) -> None:
        stored = list(self.followed.store.tasks.values())
        if stored:
            self.write(replace(stored[choice % len(stored)], desired_state=TaskState.SHUTDOWN))

    @rule(choice=choices, state=st.sampled_from(NodeState))
    def node_changes_state(self, choice: int, state: NodeState) -> None:
        stored = list(self.followed.store.nodes.values())
        if stored:
            chosen = stored[choice % len(stored)]
            self.write(replace(chosen, status=replace(chosen.status, state=state)))

    # The leader's own doing

    @rule(step_count=st.integers(1, 12))
    def work_on(self, step_count: int) -> None:
        for _ in range(step_count):
            self.settle()

    @rule()
    def come_to_rest(self) -> None:
        while not self.followed.tables.settled:
            self.settle()

    @precondition(lambda self: self.followed.tables.settled)
    @rule(behind=st.integers(0, 6))
    def forget_networks_that_are_gone(self, behind: int) -> None:
        """All hosts are said to be at some version; none misses a removal that came before it, wherever it is."""
        self.followed.tables.forget_gone(self.followed.store.index - behind)
        self.check()

    @rule()
    def leader_changes(self) -> None:
        """Tables are made anew from the store as it is; so are all sessions, which begin with whole tables."""
        self.followed.change_leader()
        self.at_rest = self.followed.store.index
        self.check()

    def teardown(self) -> None:
        """Everything is removed, and nothing is kept."""
        if not hasattr(self, "followed"):
            return
        self.patch.undo()
        for kind in self.removal:
            self.write(*((kind, object_id) for object_id in EVERYTHING[kind]))
        self.come_to_rest()
        self.followed.tables.take_stirred()
        for _ in NETWORKS:
            self.followed.tables.forget_gone(self.followed.store.index)
        assert kept(self.followed.tables) == {}


AnyMesh.TestCase.settings = settings(max_examples=200)
TestAnyMesh = AnyMesh.TestCase
