"""A draft and its transaction: what the head shows at once is what the log brings about."""

from hypothesis import given
from hypothesis import strategies as st
from leading_head import node_of
from msgspec.msgpack import Encoder
from msgspec.structs import replace

from core.ids import ConfigId, NodeId
from core.manager.draft import FULL_BYTES, MAX_UNIT, Draft
from core.objects import Config
from core.objects.config import ConfigSpec
from core.objects.node import NodeSpec
from core.operations import Kind
from core.store import MAX_CHANGES, MAX_TRANSACTION_BYTES, Conflict, Create, Delete, Store, Update

steps = st.lists(
    st.lists(st.tuples(st.sampled_from(["n1", "n2", "n3"]), st.booleans(), st.integers(0, 9)), max_size=8), max_size=8
)


@given(steps)
def test_what_a_draft_wrote_to_the_head_is_what_its_transaction_writes(
    batches: list[list[tuple[str, bool, int]]],
) -> None:
    committed = Store()
    head = committed.copy()
    ids: dict[str, NodeId] = {}  # an id is never used twice: each name gets a new one when its object is gone
    for index, batch in enumerate(batches, start=1):
        draft = Draft(head, index, wall_ns=index * 10)
        for step, (name, delete, value) in enumerate(batch):
            spec = NodeSpec(labels={"value": str(value)})
            if name not in ids:
                ids[name] = draft.create(node_of(f"{name}-{index}-{step}", spec=spec)).id
            elif delete:
                draft.delete(Kind.NODE, ids.pop(name))
            else:
                draft.update(replace(head.nodes[ids[name]], spec=spec))
        transaction = draft.transaction()
        assert not isinstance(committed.apply(index, transaction), Conflict)
        assert committed.digest() == head.digest()


def test_writes_to_one_object_melt_into_one_change() -> None:
    head = Store()
    draft = Draft(head, 1, wall_ns=5)
    node = draft.create(node_of("n1"))
    draft.update(replace(node, spec=NodeSpec(name="later")))
    [change] = draft.transaction().changes
    assert isinstance(change, Create)
    assert change.object.spec.name == "later"  # type: ignore[union-attr]  # a node
    assert (change.object.version, change.object.created_at, change.object.updated_at) == (1, 5, 5)
    draft = Draft(head, 2, wall_ns=6)
    node = draft.update(replace(head.nodes[NodeId("n1")], spec=NodeSpec(name="x")))
    draft.update(replace(node, spec=NodeSpec(name="y")))
    [change] = draft.transaction().changes
    assert isinstance(change, Update)
    assert (change.expected_version, change.object.version, change.object.created_at) == (1, 2, 5)
    draft = Draft(head, 3, wall_ns=7)
    draft.update(head.nodes[NodeId("n1")])
    draft.delete(Kind.NODE, "n1")
    assert draft.transaction().changes == (Delete(Kind.NODE, "n1", 2),)


def test_what_comes_and_goes_within_a_draft_was_never_there() -> None:
    draft = Draft(Store(), 1, wall_ns=0)
    draft.create(node_of("n1"))
    draft.delete(Kind.NODE, "n1")
    assert draft.empty
    assert [(change.old is None, change.new is None) for change in draft.take_feed()] == [(True, False), (False, True)]


def test_a_full_draft_still_takes_changes_of_what_it_has() -> None:
    draft = Draft(Store(), 1, wall_ns=0)
    for number in range(MAX_CHANGES - MAX_UNIT + 1):
        assert not draft.full
        draft.create(node_of(f"n{number}"))
    assert draft.full
    assert draft.has_room_for(Kind.NODE, "n0")
    assert not draft.has_room_for(Kind.NODE, "other")


def test_size_is_about_the_encoded_size_and_bounds_the_transaction() -> None:
    draft = Draft(Store(), 1, wall_ns=0)
    count = 0
    while not draft.full:
        draft.create(Config(ConfigId(f"c{count}"), ConfigSpec(f"c{count}", b"x" * 100_000)))
        count += 1
    transaction = draft.transaction()
    encoded = len(Encoder().encode(transaction))
    assert FULL_BYTES <= encoded <= transaction.size <= MAX_TRANSACTION_BYTES
    assert transaction.size < encoded * 1.01
