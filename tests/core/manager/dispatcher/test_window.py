"""The room that all agents share for what is under way to them, and who of them lags: against naive twins."""

from hypothesis import given
from hypothesis import strategies as st

from core.ids import NodeId
from core.manager.dispatcher.laggards import Laggards
from core.manager.dispatcher.window import MAX_UNDER_WAY, Window
from core.mesh.transfer import MAX_RECORDS

NODES = [NodeId(f"node-{number:03}") for number in range(2 * MAX_UNDER_WAY // MAX_RECORDS)]
FULL = MAX_UNDER_WAY // MAX_RECORDS
nodes = st.sampled_from(NODES[:6])


def fill(window: Window) -> None:
    for node_id in NODES[:FULL]:
        assert window.admits(node_id)
        window.sent(node_id, MAX_RECORDS)


def test_who_finds_no_room_is_called_in_turn_when_there_is() -> None:
    window = Window()
    fill(window)
    late = NODES[FULL : FULL + 3]
    assert not any(window.admits(node_id) for node_id in late)
    assert window.call() is None
    window.over(NODES[0])
    assert window.call() == late[0]
    assert window.call() is None, "its room is kept"
    assert not window.admits(late[1])
    assert window.admits(late[0])


def test_small_parts_make_more_room_than_they_took() -> None:
    window = Window()
    for node_id in NODES:
        assert window.admits(node_id)
        window.sent(node_id, 1)


def test_whoever_is_gone_holds_up_nobody() -> None:
    window = Window()
    fill(window)
    first, second = NODES[FULL : FULL + 2]
    assert not window.admits(first)
    assert not window.admits(second)
    window.over(NODES[0])
    assert window.call() == first
    window.forget(first)
    assert window.call() == second


@given(st.lists(st.tuples(nodes, st.integers(0, 4) | st.none()), max_size=40))
def test_the_oldest_laggard_is_the_least_of_all(history: list[tuple[NodeId, int | None]]) -> None:
    laggards = Laggards()
    versions: dict[NodeId, int] = {}
    for node_id, version in history:
        if version is None:
            laggards.drop(node_id)
            versions.pop(node_id, None)
        else:
            laggards.note(node_id, version)
            versions[node_id] = version
        assert laggards.oldest() == min(versions.values(), default=None)
        assert [each in laggards for each in NODES[:6]] == [each in versions for each in NODES[:6]]
