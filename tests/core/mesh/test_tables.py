"""What the incremental tables make of a change, and what it costs: stories; `test_machine` holds them to their twin."""

from typing import Any

import pytest
from followed_store import (
    NETWORKS,
    NODES,
    SERVICES,
    TASKS,
    Followed,
    at_index,
    network,
    networks_kept,
    node,
    service,
    task,
)
from route_specification import backends, parts

from core.ids import NetworkId, NodeId, TaskId
from core.mesh.afresh import afresh
from core.mesh.places import Places
from core.mesh.routes import ServiceRoute
from core.mesh.sections import Sections
from core.objects import Network, Task
from core.objects.network import NetworkSpec
from core.objects.node import NodeState
from core.objects.service import EndpointMode
from core.objects.task import TaskState
from core.operations import Kind


def running(task_id: TaskId, node_id: NodeId, desired: TaskState = TaskState.RUNNING, host: int = 0) -> Task:
    return task(task_id, node_id, TaskState.RUNNING, desired, [NETWORKS[1]], host)


def backends_seen(followed: Followed, node_id: NodeId) -> list[TaskId]:
    table = followed.now(node_id)
    route = table["service", "front", "web"]
    assert isinstance(route, ServiceRoute)
    return [backend.task_id for backend in backends(table, route)]


@pytest.fixture
def deployed() -> Followed:
    """Two nodes, one service on one network, a running task on each node."""
    followed = Followed()
    followed.apply([network(NETWORKS[1], 4096), service(SERVICES[0], [NETWORKS[1]], EndpointMode.VIP, False)])
    followed.apply([node(node_id, NodeState.READY, False, []) for node_id in NODES[:2]])
    followed.apply([running(TASKS[0], NODES[0]), running(TASKS[1], NODES[1])])
    return followed


def test_a_task_that_is_to_stop_leaves_the_tables_while_it_still_runs(deployed: Followed) -> None:
    assert backends_seen(deployed, NODES[0]) == [TASKS[0], TASKS[1]]
    deployed.apply([running(TASKS[1], NODES[1], TaskState.SHUTDOWN)])
    assert backends_seen(deployed, NODES[0]) == [TASKS[0]]


def test_tasks_that_exchange_their_addresses_are_found_at_them(deployed: Followed) -> None:
    """Whichever is worked out first takes an address that is still the other's, which must not take it away again."""
    other = [running(TASKS[0], NODES[0], host=2), running(TASKS[1], NODES[1], host=1)]
    deployed.apply(other)
    assert deployed.now(NODES[0]) == afresh(deployed.store, NODES[0])
    assert len([key for key in deployed.now(NODES[0]) if key[0] == "neighbour"]) == 2


def test_tasks_of_a_lost_node_leave_the_tables_at_once(deployed: Followed) -> None:
    deployed.apply([node(NODES[1], NodeState.DOWN, False, [])])
    assert backends_seen(deployed, NODES[0]) == [TASKS[0]]


def test_hosts_on_one_network_share_its_records(deployed: Followed) -> None:
    first, second = (deployed.now(node_id) for node_id in NODES[:2])
    shared = [key for key in first if key[0] != "network"]
    assert len(shared) == 5
    assert all(first[key] is second[key] for key in shared)


def test_a_task_that_changes_costs_its_own_records_only(deployed: Followed) -> None:
    version = deployed.store.index
    deployed.apply([running(TASKS[1], NODES[1], TaskState.SHUTDOWN)])
    (part,) = parts(deployed.tables.transfer(NODES[0], version))
    assert part.changed == ()
    assert part.removed == (("backend", "front", "web", TASKS[1]),)


def test_a_task_that_follows_on_another_on_its_node_does_not_bring_the_network_anew(deployed: Followed) -> None:
    version = deployed.store.index
    deployed.apply([(Kind.TASK, TASKS[1]), running(TASKS[2], NODES[1])])
    (part,) = parts(deployed.tables.transfer(NODES[1], version))
    assert [record.key[0] for record in part.changed] == ["neighbour", "backend"]
    assert [key[0] for key in part.removed] == ["backend", "neighbour"]


def test_a_removed_network_is_forgotten_when_every_host_is_at_the_version_without_it(deployed: Followed) -> None:
    before = deployed.store.index
    deployed.apply([(Kind.TASK, TASKS[0]), (Kind.TASK, TASKS[1]), (Kind.SERVICE, SERVICES[0])])
    deployed.apply([(Kind.NETWORK, NETWORKS[1])])
    deployed.tables.take_stirred()
    deployed.tables.forget_gone(before)
    assert networks_kept(deployed.tables) == [NETWORKS[1]]
    assert deployed.tables.transfer(NODES[0], before).from_version == before
    deployed.tables.forget_gone(deployed.store.index)
    assert networks_kept(deployed.tables) == []
    assert deployed.tables.transfer(NODES[0], before).from_version == 0
    assert deployed.tables.transfer(NODES[0], deployed.store.index).length == 0


def test_nothing_is_kept_of_a_node_that_is_removed_when_it_has_left_all_networks(deployed: Followed) -> None:
    deployed.apply([(Kind.TASK, TASKS[1])])
    assert deployed.now(NODES[1]) == {}
    deployed.apply([(Kind.NODE, NODES[1])])
    assert deployed.tables.changed_at(NODES[1]) == 0


def test_networks_that_are_gone_but_not_forgotten_yet_cost_no_look(
    deployed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This is asked after every change, and while one host is behind, many networks may be waiting."""
    version = deployed.store.index
    many = [NetworkId(f"net-{number}") for number in range(20)]
    for number, network_id in enumerate(many):
        deployed.apply([Network(network_id, NetworkSpec(network_id), vni=5000 + number)])
    for network_id in many:
        deployed.apply([(Kind.NETWORK, network_id)])
    looks: list[NetworkId] = []

    def counted(look: Any) -> Any:
        def counting(kept: Any, network_id: NetworkId) -> Any:
            looks.append(network_id)
            return look(kept, network_id)

        return counting

    monkeypatch.setattr(Sections, "of", counted(Sections.of))
    monkeypatch.setattr(Places, "members", counted(Places.members))
    deployed.tables.forget_gone(version)
    assert looks == []
    for count in range(1, len(many) + 1):
        deployed.tables.forget_gone(deployed.store.index)
        assert list(dict.fromkeys(looks)) == many[:count], "the one that is forgotten, the first to go first"


def test_forgetting_a_network_costs_nobody_who_was_not_on_it_a_whole_table(deployed: Followed) -> None:
    other = NETWORKS[2]
    on_other = task(TASKS[3], NODES[2], TaskState.RUNNING, TaskState.RUNNING, [other])
    deployed.apply([network(other, 4097), node(NODES[2], NodeState.READY, False, []), on_other])
    version = deployed.store.index
    deployed.apply([(Kind.TASK, TASKS[3]), (Kind.NETWORK, other)])
    deployed.tables.take_stirred()
    deployed.tables.forget_gone(deployed.store.index)
    deployed.apply([running(TASKS[1], NODES[1], TaskState.SHUTDOWN)])
    assert deployed.tables.transfer(NODES[0], version).from_version == version


def test_a_host_without_a_task_on_a_network_knows_nothing_of_it(deployed: Followed) -> None:
    deployed.apply([node(NODES[2], NodeState.READY, False, [])])
    assert deployed.now(NODES[2]) == {}


def test_a_write_that_no_table_shows_changes_no_table(deployed: Followed) -> None:
    before = deployed.tables.changed_at(NODES[0])
    seen = deployed.store.nodes[NODES[1]]
    deployed.apply([at_index(seen, seen.version)])
    assert deployed.tables.changed_at(NODES[0]) == before
