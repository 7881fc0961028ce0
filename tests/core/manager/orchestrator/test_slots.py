"""Which slots a service keeps when it has to give some up (swarm.md §3.3)."""

from hypothesis import given
from hypothesis import strategies as st

from core.ids import NodeId, ServiceId, TaskId
from core.manager.orchestrator.slots import in_order_of_keeping
from core.objects import Task
from core.objects.task import ContainerSpec, TaskSpec, TaskState, TaskStatus


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.data())
def test_what_is_kept_is_as_even_over_the_nodes_as_it_can_be(places: list[int], data: st.DataObject) -> None:
    """`places`: the node of each slot, from slot 1 on."""
    slots = {number: [task(number, f"n{place}")] for number, place in enumerate(places, 1)}
    replicas = data.draw(st.integers(0, len(places)))
    kept = in_order_of_keeping(slots)[:replicas]
    counts = {place: sum(places[number - 1] == place for number in kept) for place in places}
    assert sum(counts.values()) == replicas
    for place, count in counts.items():
        for other, other_count in counts.items():
            assert count <= other_count + 1 or other_count == places.count(other), (place, other, counts)


def test_who_runs_is_kept_before_who_does_not_and_who_has_no_node_goes_first() -> None:
    slots = {
        1: [task(1, "", TaskState.PENDING)],
        2: [task(2, "n1", TaskState.PREPARING)],
        3: [task(3, "n1")],
        4: [task(4, "n2")],
    }
    assert in_order_of_keeping(slots) == [3, 4, 2, 1]


def task(number: int, node: str, state: TaskState = TaskState.RUNNING) -> Task:
    spec = TaskSpec(ContainerSpec("app"))
    return Task(TaskId(str(number)), ServiceId("web"), number, spec, 1, NodeId(node), status=TaskStatus(state))
