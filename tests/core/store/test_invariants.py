"""Each invariant of the store fails when what it is about is wrong."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from core.ids import ClusterId, ConfigId, NodeId, ServiceId, TaskId
from core.objects import Cluster, Config, Node, Service, Task
from core.objects.cluster import JoinTokens
from core.objects.config import ConfigSpec
from core.objects.node import NodeDescription, NodeSpec
from core.objects.service import ServiceSpec
from core.objects.task import ContainerSpec, TaskSpec
from core.operations import Kind
from core.store import Create, Store, Transaction

SPEC = TaskSpec(ContainerSpec("app"))
WEB, CONFIG, TASK, NODE = ServiceId("web-id"), ConfigId("config-id"), TaskId("task-id"), NodeId("node-id")


@pytest.fixture
def store() -> Store:
    store = Store()
    objects = (
        Service(WEB, ServiceSpec("web", SPEC), version=7),
        Config(CONFIG, ConfigSpec("config", b"x"), version=7),
        Task(TASK, WEB, 1, SPEC, 1, node_id=NODE, version=7),
        Node(NODE, NodeSpec(), NodeDescription("host"), version=7),
    )
    applied = store.apply(7, Transaction(tuple(Create(stored) for stored in objects), 0))
    assert isinstance(applied, tuple)
    store.digest()
    store.check_invariants(full=True)
    return store


def a_second_cluster(store: Store) -> None:
    for name in ("one", "two"):
        store._tables[Kind.CLUSTER][name] = Cluster(ClusterId(name), tokens=JoinTokens("w", "m"))


def a_name_too_many(store: Store) -> None:
    store._indexes.names[Kind.CONFIG]["gone"] = ConfigId("gone")


def a_name_too_few(store: Store) -> None:
    del store._indexes.names[Kind.SERVICE]["web"]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (a_second_cluster, "more than one cluster"),
        (a_name_too_many, "names are taken"),
        (a_name_too_few, "names are taken"),
    ],
)
def test_what_is_cheap_is_noticed_by_every_look(store: Store, wrong: Callable[[Store], None], complaint: str) -> None:
    wrong(store)
    with pytest.raises(AssertionError, match=complaint):
        store.check_invariants()


def an_object_under_another_id(store: Store) -> None:
    store._tables[Kind.NODE][NodeId("other")] = store._tables[Kind.NODE].pop(NODE)


def a_record_in_the_wrong_table(store: Store) -> None:
    store._tables[Kind.NODE][TASK] = store.tasks[TASK]


def a_version_of_the_future(store: Store) -> None:
    store.nodes[NODE] = replace(store.nodes[NODE], version=8)


def a_task_moved_past_the_indexes(store: Store) -> None:
    store.tasks[TASK] = replace(store.tasks[TASK], node_id=NodeId("elsewhere"))


def a_name_of_somebody_else(store: Store) -> None:
    store._indexes.names[Kind.SERVICE]["web"] = "other"


def a_hostname_forgotten(store: Store) -> None:
    store._indexes.hostnames.clear()


def a_change_past_the_digest(store: Store) -> None:
    store.configs[CONFIG] = replace(store.configs[CONFIG], spec=ConfigSpec("config", b"y"))


def a_digest_of_what_is_not_there(store: Store) -> None:
    store._digest._hashes[Kind.SECRET, "secret-id"] = 0


def a_sum_that_is_none(store: Store) -> None:
    store._digest._sum += 1


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (an_object_under_another_id, "other"),
        (a_record_in_the_wrong_table, str(TASK)),
        (a_version_of_the_future, "node-id.*8, 7"),
        (a_task_moved_past_the_indexes, "index node_tasks"),
        (a_name_of_somebody_else, "index names"),
        (a_hostname_forgotten, "index hostnames"),
        (a_change_past_the_digest, str(CONFIG)),
        (a_digest_of_what_is_not_there, "unnoticed"),
        (a_sum_that_is_none, "the sum"),
    ],
)
def test_what_takes_a_walk_is_noticed_by_the_full_look(
    store: Store, wrong: Callable[[Store], None], complaint: str
) -> None:
    wrong(store)
    store.check_invariants()
    with pytest.raises(AssertionError, match=complaint):
        store.check_invariants(full=True)
