"""The store against a naive twin: a plain dictionary, checked and indexed afresh each time."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.ids import ConfigId, NodeId, ServiceId, TaskId
from core.objects import Config, Node, Service, StoredObject, Task
from core.objects.config import ConfigSpec
from core.objects.node import NodeDescription, NodeSpec
from core.objects.service import ServiceSpec
from core.objects.task import ContainerSpec, TaskSpec, TaskState, TaskStatus
from core.operations import Kind
from core.store import Conflict, Create, Delete, Store, Transaction, Update, kind_of, slot_of
from core.store.changes import Change, key_of
from core.store.snapshot import CHUNK_BYTES, CHUNK_OBJECTS

SPEC = TaskSpec(ContainerSpec("app"))
Key = tuple[Kind, str]


def node(name: str) -> Node:
    return Node(NodeId(name), NodeSpec(), NodeDescription(hostname=f"host-{name[0]}"))


def service(name: str) -> Service:
    return Service(ServiceId(f"id-{name}"), ServiceSpec(name, SPEC))


def config(name: str, data: bytes = b"x") -> Config:
    return Config(ConfigId(f"id-{name}"), ConfigSpec(name, data))


def task(name: str, node_id: str = "", slot: int = 1, state: TaskState = TaskState.NEW) -> Task:
    status = TaskStatus(state=state)
    return Task(TaskId(name), ServiceId("id-a"), slot, SPEC, 1, node_id=NodeId(node_id), status=status)


def at(index: int, *changes: Change) -> Transaction:
    """The changes with the version a draft would have given them."""
    versioned = [
        change
        if isinstance(change, Delete)
        else type(change)(**_fields(change) | {"object": replace(change.object, version=index)})
        for change in changes
    ]
    return Transaction(tuple(versioned), 0)


def _fields(change: Change) -> dict[str, Any]:
    return {name: getattr(change, name) for name in change.__struct_fields__}


class Twin:
    """What a store must be, without any cleverness."""

    def __init__(self) -> None:
        self.objects: dict[Key, StoredObject] = {}

    def apply(self, index: int, transaction: Transaction) -> bool:
        objects = dict(self.objects)
        touched: list[Key] = []
        for change in transaction.changes:
            key = key_of(change)
            old = objects.get(key)
            expected = None if isinstance(change, Create) else change.expected_version
            if key in touched or (old.version if old else None) != expected:
                return False
            touched.append(key)
        for change in transaction.changes:
            if isinstance(change, Delete):
                continue
            if change.object.version != index:
                return False
            objects[key_of(change)] = change.object
        if self._names_clash(objects):
            return False
        for change in transaction.changes:
            if isinstance(change, Delete):
                del objects[key_of(change)]
        self.objects = objects
        return True

    @staticmethod
    def _names_clash(objects: dict[Key, StoredObject]) -> bool:
        names = [
            (kind, stored.spec.name) for (kind, _), stored in objects.items() if isinstance(stored, Service | Config)
        ]
        return len(names) != len(set(names))

    def ids(self, kind: Kind, matches: Callable[[Any], bool]) -> set[str]:
        return {stored.id for (of_kind, _), stored in self.objects.items() if of_kind is kind and matches(stored)}


def assert_equal(store: Store, twin: Twin) -> None:
    """Tables, indexes and digest are those of a store made afresh."""
    assert {key: store.get(*key) for key in twin.objects} == twin.objects
    assert sum(len(list(store.all(kind))) for kind in Kind) == len(twin.objects)
    tasks = [stored for stored in twin.objects.values() if isinstance(stored, Task)]
    for service_id in {"id-a"}:
        assert _ids(store.tasks_of_service(ServiceId(service_id))) == twin.ids(Kind.TASK, lambda _: True)
    assert set(store.services_with_tasks()) == {each.service_id for each in tasks}
    for node_id in ("", "n1", "n2"):
        assert _ids(store.tasks_on_node(NodeId(node_id))) == twin.ids(Kind.TASK, lambda t, n=node_id: t.node_id == n)  # type: ignore[misc]
    for slot in {slot_of(each) for each in tasks}:
        assert _ids(store.tasks_in_slot(slot)) == twin.ids(Kind.TASK, lambda t, s=slot: slot_of(t) == s)  # type: ignore[misc]
    for hostname in ("host-n", "host-m"):
        assert _ids(store.nodes_named(hostname)) == twin.ids(
            Kind.NODE,
            lambda n, h=hostname: n.description.hostname == h,  # type: ignore[misc]
        )
    for kind in (Kind.SERVICE, Kind.CONFIG):
        for name in ("a", "b", "c"):
            found = store.id_named(kind, name)
            assert ({found} if found else set()) == twin.ids(kind, lambda o, n=name: o.spec.name == n)  # type: ignore[misc]
    store.check_invariants(full=True)
    assert store.digest() == _afresh(store).digest()
    store.check_invariants(full=True)


def _ids(objects: list[Any]) -> set[str]:
    assert len({stored.id for stored in objects}) == len(objects)
    return {stored.id for stored in objects}


def _afresh(store: Store) -> Store:
    fresh = Store()
    fresh.restore(store.snapshot())
    return fresh


objects = st.one_of(
    st.sampled_from(["n1", "n2", "m1"]).map(node),
    st.builds(
        replace, st.sampled_from(["n1", "n2"]).map(node), description=st.just(NodeDescription(hostname="host-m"))
    ),
    st.sampled_from(["a", "b"]).map(service),
    st.sampled_from(["a", "b", "c"]).map(config),
    st.builds(
        lambda owner, name: Config(ConfigId(f"id-{owner}"), ConfigSpec(name)),
        st.sampled_from("abc"),
        st.sampled_from("abc"),
    ),
    st.builds(
        task,
        st.sampled_from(["t1", "t2", "t3", "t4"]),
        st.sampled_from(["", "n1", "n2"]),
        st.integers(0, 2),
        st.sampled_from(TaskState),
    ),
)
steps = st.lists(
    st.lists(
        st.tuples(objects, st.sampled_from(["put", "put", "delete"]), st.sampled_from([0, 0, 0, 0, 0, 0, 0, 1])),
        min_size=1,
        max_size=4,
    ),
    max_size=25,
)


def _change(store: Store, stored: StoredObject, act: str, off_by: int) -> Change:
    """A change that mostly holds: what exists is updated, or deleted; tasks keep their slot, as they do."""
    old = store.get(kind_of(stored), stored.id)
    if act == "delete":
        return Delete(kind_of(stored), stored.id, (old.version if old else 7) + off_by)
    if old is None:
        return Create(stored) if not off_by else Update(stored, 7)
    if isinstance(old, Task) and isinstance(stored, Task):
        stored = replace(stored, slot=old.slot)
    return Update(stored, old.version + off_by)


@given(steps)
def test_a_store_is_what_its_naive_twin_is(batches: list[list[tuple[StoredObject, str, int]]]) -> None:
    store, twin = Store(), Twin()
    for index, batch in enumerate(batches, start=1):
        transaction = at(index, *(_change(store, *step) for step in batch))
        before = store.copy()
        outcome = store.apply(index, transaction)
        assert isinstance(outcome, Conflict) != twin.apply(index, transaction)
        if not isinstance(outcome, Conflict):
            for changed in outcome:
                assert changed.old == before.get(changed.kind, changed.id)
                assert changed.new == store.get(changed.kind, changed.id)
        else:
            assert store.digest() == before.digest()
        assert_equal(store, twin)


@given(steps)
def test_copies_are_independent_and_snapshots_restore_everything(
    batches: list[list[tuple[StoredObject, str, int]]],
) -> None:
    store = Store()
    for index, batch in enumerate(batches, start=1):
        twin = store.copy()
        digest = twin.digest()
        store.apply(index, at(index, *(_change(store, *step) for step in batch)))
        assert twin.digest() == digest == _afresh(twin).digest()
        assert [list(store.all(kind)) for kind in Kind] == [list(_afresh(store).all(kind)) for kind in Kind]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ((Create(service("a")),), "service id-a exists"),
        ((Create(replace(service("a"), id=ServiceId("other"))),), "service name a is taken"),
        ((Update(service("b"), 1),), "service id-b does not exist"),
        ((Update(service("a"), 2),), "service id-a has version 1, not 2"),
        ((Delete(Kind.SERVICE, "id-a", 0),), "service id-a has version 1, not 0"),
        ((Create(node("n")), Update(service("a"), 0)), "service id-a has version 1, not 0"),
        ((Update(service("a"), 1), Delete(Kind.SERVICE, "id-a", 1)), "service id-a is changed twice"),
        (tuple(Create(node(f"n{number}")) for number in range(201)), "201 changes are more than 200"),
    ],
)
def test_a_transaction_that_does_not_hold_changes_nothing(changes: tuple[Change, ...], reason: str) -> None:
    store = Store()
    store.apply(1, at(1, Create(service("a"))))
    digest = store.digest()
    assert store.apply(2, at(2, *changes)) == Conflict(2, reason)
    assert store.digest() == digest


def test_an_object_drafted_for_another_place_in_the_log_is_refused() -> None:
    assert Store().apply(2, at(1, Create(node("n")))) == Conflict(2, "node n was drafted for index 1, not 2")


def test_the_digest_depends_on_content_and_not_on_history() -> None:
    one, other = Store(), Store()
    one.apply(1, at(1, Create(node("n1")), Create(node("n2"))))
    other.apply(1, at(1, Create(node("n2")), Create(node("n1"))))
    assert one.digest() == other.digest()
    one.apply(2, at(2, Create(node("n3"))))
    assert one.digest() != other.digest()
    one.apply(3, at(3, Delete(Kind.NODE, "n3", 2)))
    assert one.digest() == other.digest()


def test_labels_in_another_order_are_the_same_content() -> None:
    one, other = Store(), Store()
    for store, labels in ((one, {"a": "1", "b": "2"}), (other, {"b": "2", "a": "1"})):
        store.apply(1, at(1, Create(replace(node("n"), spec=NodeSpec(labels=labels)))))
    assert one.digest() == other.digest()


def test_chunks_of_a_snapshot_are_bounded_and_share_the_objects() -> None:
    store = Store()
    for index in range(1, 5):
        store.apply(index, at(index, *(Create(node(f"n{index}-{number}")) for number in range(150))))
    for index in range(5, 9):
        store.apply(index, at(index, Create(config(f"c{index}", b"x" * 500_000))))
    chunks = store.snapshot()
    assert all(len(chunk.objects) <= CHUNK_OBJECTS for chunk in chunks)
    assert max(sum(len(each.spec.data) for each in chunk.objects if isinstance(each, Config)) for chunk in chunks) <= (
        CHUNK_BYTES
    )
    assert chunks[0].objects[0] is store.nodes[NodeId("n1-0")]
    assert {chunk.index for chunk in chunks} == {8}


def test_an_empty_store_has_a_snapshot_that_tells_its_index() -> None:
    store = Store()
    store.apply(7, Transaction((), 0))
    restored = _afresh(store)
    assert restored.index == 7


def test_tasks_of_a_service_and_of_a_slot_come_as_they_were_made_whenever_they_were_placed() -> None:
    store = Store()
    store.apply(1, at(1, Create(task("first")), Create(task("second"))))
    store.apply(2, at(2, Update(task("second", "n1"), 1)))
    store.apply(3, at(3, Update(task("first", "n1"), 1)))
    again = Store()
    again.restore(store.snapshot())
    for each in (store, store.copy(), again):
        assert [task.id for task in each.tasks_in_slot(slot_of(task("first")))] == ["first", "second"]
        assert [task.id for task in each.tasks_of_service(ServiceId("id-a"))] == ["first", "second"]
