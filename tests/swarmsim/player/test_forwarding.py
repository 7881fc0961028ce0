"""Whose tables are wrong, and when that changes."""

from fake_world import FakeWorld, status

from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.mesh.routes import Backend, RouteTable, ServiceRoute
from core.objects import Node
from core.objects.node import NodeSpec
from core.objects.service import EndpointMode
from core.store import Create, Store, Transaction
from core.timing import MS
from swarmsim.player.forwarding import ForwardingWatch
from swarmsim.player.recorder import Recorder
from swarmsim.recording import TablePoint
from swarmsim.world import ContainerView, Power


def route(*task_ids: str) -> RouteTable:
    """A table with one service of these tasks."""
    network_id, service_id = NetworkId("n"), ServiceId("s")
    service = ServiceRoute(network_id, service_id, EndpointMode.VIP, "10.0.0.1", ("web",), ())
    backends = [Backend(network_id, service_id, TaskId(each), NodeId("node-w1"), "10.0.0.2", 1) for each in task_ids]
    return {service.key: service, **{backend.key: backend for backend in backends}}


def box(task_id: str, *, running: bool = True) -> ContainerView:
    return ContainerView(TaskId(task_id), running, True, (), ())


def world_of(*names: str) -> FakeWorld:
    """The first name leads; everybody is a node and forwards by version 1."""
    world = FakeWorld(*names)
    world.statuses[names[0]] = status(names[0], leads=True)
    store = Store()
    nodes = tuple(Create(Node(NodeId(f"node-{name}"), spec=NodeSpec(), version=1)) for name in names)
    store.apply(1, Transaction(nodes, size=1))
    world.stores[names[0]] = store
    world.routes = {name: (1, route("t1")) for name in names}
    world.boxes["w1"] = (box("t1"),)
    return world


def watch_of(world: FakeWorld, wanted: RouteTable) -> ForwardingWatch:
    return ForwardingWatch(world, compute=lambda store, node_id: wanted)


def test_a_host_lags_until_its_table_is_what_the_store_says() -> None:
    world = world_of("m1", "w1")
    watch = watch_of(world, route("t1"))
    watch.look(0)
    world.routes["w1"] = (2, route("t1", "t2"))
    watch.look(5)
    watch.look(6)
    world.routes["w1"] = (3, route("t1"))
    watch.look(9)
    assert watch.points == [TablePoint(0, (), ()), TablePoint(5, ("w1",), ("w1",)), TablePoint(9, (), ())]


def test_a_store_that_changes_leaves_tables_behind_at_the_same_version() -> None:
    world, wanted = world_of("m1", "w1"), [route("t1")]
    watch = ForwardingWatch(world, compute=lambda store, node_id: wanted[0])
    watch.look(0)
    world.stores["m1"].apply(2, Transaction((Create(Node(NodeId("node-w9"), spec=NodeSpec(), version=2)),), size=1))
    wanted[0] = {}
    watch.look(7)
    assert watch.points[-1] == TablePoint(7, ("m1", "w1"), ())


def test_a_table_is_computed_afresh_only_when_it_or_the_store_has_changed() -> None:
    world, computed = world_of("m1", "w1"), []

    def compute(store: Store, node_id: NodeId) -> RouteTable:
        computed.append(node_id)
        return route("t1")

    watch = ForwardingWatch(world, compute)
    for at_ns in range(3):
        watch.look(at_ns)
    assert computed == ["node-m1", "node-w1"]
    world.routes["w1"] = (2, route("t2"))
    watch.look(3)
    assert computed[2:] == ["node-w1"]
    assert watch.points[-1] == TablePoint(3, ("w1",), ("w1",))


def test_tables_that_lead_to_a_task_that_is_gone_mislead() -> None:
    world = world_of("m1", "w1", "w2")
    watch = watch_of(world, route("t1"))
    watch.look(0)
    world.boxes["w1"] = (box("t1", running=False),)
    watch.look(3)
    world.boxes["w1"] = (box("t1"),)
    world.statuses["w1"] = status("w1", power=Power.OFF)
    watch.look(4)
    assert watch.points[1:] == [TablePoint(3, (), ("m1", "w1", "w2")), TablePoint(4, (), ("m1", "w2"))]


def test_a_host_between_two_versions_still_forwards_by_the_first() -> None:
    world = world_of("m1", "w1")
    watch = watch_of(world, route("t1"))
    world.boxes["w1"] = ()
    watch.look(0)
    del world.routes["w1"]
    watch.look(1)
    world.routes["w1"] = (2, {})
    watch.look(2)
    assert [(point.at_ns, point.misled) for point in watch.points] == [
        (0, ("m1", "w1")),
        (1, ("m1", "w1")),
        (2, ("m1",)),
    ]


def test_a_host_that_boots_lags_and_one_without_power_or_outside_the_swarm_does_not_count() -> None:
    world = world_of("m1", "w1")
    world.add_host("w7")
    world.statuses["w1"] = status("w1", power=Power.NO_DAEMON)
    del world.routes["w1"]
    watch = watch_of(world, route("t1"))
    watch.look(0)
    world.statuses["w1"] = status("w1", power=Power.OFF)
    watch.look(1)
    assert [point.lagging for point in watch.points] == [("w1",), ()]


def test_nothing_is_noted_while_no_manager_lives_to_tell() -> None:
    world = world_of("m1", "w1")
    watch = watch_of(world, route("t1"))
    world.statuses["m1"] = status("m1", power=Power.OFF)
    watch.look(0)
    assert watch.points == []


class RoutesProgrammed:
    """A world's own fact: known by its name."""


def test_the_recorder_looks_at_once_when_a_table_changes() -> None:
    world = world_of("m1", "w1")
    recorder = Recorder(world)
    recorder.begin(0)
    world.run_until(11 * MS)
    world.routes["w1"] = (2, route("gone"))
    world.tell("w1", RoutesProgrammed())
    world.run_until(12 * MS)
    assert recorder.tables[-1].at_ns == 11 * MS
    assert "w1" in recorder.tables[-1].misled


def test_a_recorder_without_facts_keeps_no_tables() -> None:
    world = world_of("m1", "w1")
    recorder = Recorder(world, facts=False)
    recorder.begin(0)
    world.tell("w1", RoutesProgrammed())
    world.run_until(500 * MS)
    assert recorder.tables == ()
