"""What every container engine promises a host (`core.ports.Engine`): the simulated one, and the refusal of a driver
that has none."""

from collections.abc import Sequence
from typing import Any

import pytest
from engine_benches import EngineBench, NoEngine, SimulatedEngine, prepare, remove, start, stop

from core.events import ContainerPhase, TaskReported
from core.ids import OperationId, TaskId
from core.timing import SECOND

A, B = TaskId("a"), TaskId("b")
P = ContainerPhase
ANSWERS = {
    1: {P.PREPARED, P.FAILED},
    2: {P.STARTED, P.HEALTHY, P.FAILED},
    3: {P.EXITED, P.FAILED},
    4: {P.REMOVED, P.FAILED},
}
"""How an order may end, by its operation id."""
LIFE = (prepare(A), start(A), stop(A), remove(A))


@pytest.fixture(params=[SimulatedEngine, NoEngine])
def bench(request: pytest.FixtureRequest) -> EngineBench:
    bench: EngineBench = request.param()
    return bench


@pytest.fixture
def engine() -> SimulatedEngine:
    """Every engine that runs containers; the simulated one so far."""
    return SimulatedEngine()


def one_by_one(bench: EngineBench, *orders: Any) -> list[TaskReported]:
    """Give each once the one before is answered; what was reported."""
    for order in orders:
        bench.perform(order)
        bench.settle()
    return bench.heard


def seen(heard: Sequence[TaskReported], task_id: TaskId = A) -> list[tuple[int, ContainerPhase]]:
    return [(event.operation_id, event.report.phase) for event in heard if event.task_id == task_id]


class TestEveryEngine:
    def test_orders_are_answered_with_their_operation_and_never_within_the_call(self, bench: EngineBench) -> None:
        for order in LIFE:
            bench.heard.clear()
            bench.perform(order)
            assert bench.heard == []
            bench.settle()
            assert {event.operation_id for event in bench.heard} == {order.operation_id}
            assert {event.report.phase for event in bench.heard} <= ANSWERS[order.operation_id]

    def test_an_order_for_what_is_not_there_is_answered(self, bench: EngineBench) -> None:
        for order in LIFE[1:]:
            bench.heard.clear()
            bench.perform(order)
            bench.settle()
            [report] = bench.heard
            assert (report.task_id, report.operation_id) == (A, order.operation_id)
            assert report.report.phase in ANSWERS[order.operation_id]

    def test_a_failure_says_why(self, bench: EngineBench) -> None:
        failures = [event for event in one_by_one(bench, start(A)) if event.report.phase is P.FAILED]
        assert failures
        assert all(event.report.err for event in failures)

    def test_to_remove_what_is_gone_is_done(self, bench: EngineBench) -> None:
        heard = one_by_one(bench, *LIFE, remove(A), remove(A))
        assert seen(heard)[-2:] == [(4, P.REMOVED), (4, P.REMOVED)]

    @pytest.mark.parametrize("repeated", LIFE, ids=lambda order: type(order).__name__)
    def test_an_order_given_again_is_answered_again(self, bench: EngineBench, repeated: Any) -> None:
        one_by_one(bench, *LIFE[: repeated.operation_id])
        bench.heard.clear()
        bench.perform(repeated)
        bench.settle()
        assert [event.operation_id for event in bench.heard] == [repeated.operation_id]
        assert bench.heard[0].report.phase in ANSWERS[repeated.operation_id]

    def test_tasks_do_not_concern_each_other(self, bench: EngineBench) -> None:
        one_by_one(bench, prepare(A), start(A), prepare(B), start(B))
        bench.heard.clear()
        one_by_one(bench, stop(B), remove(B))
        assert {event.task_id for event in bench.heard} == {B}


class TestAnEngineThatRunsContainers:
    def test_a_life(self, engine: SimulatedEngine) -> None:
        heard = one_by_one(engine, *LIFE)
        assert seen(heard) == [(1, P.PREPARED), (2, P.HEALTHY), (3, P.EXITED), (4, P.REMOVED)]

    def test_orders_given_at_once_are_carried_out_in_that_order(self, engine: SimulatedEngine) -> None:
        for order in (prepare(A), start(A)):
            engine.perform(order)
        engine.settle()
        assert seen(engine.heard) == [(1, P.PREPARED), (2, P.HEALTHY)]
        assert engine.running() == [A]

    @pytest.mark.parametrize("given", [(), (prepare(A),), (prepare(A), start(A))])
    @pytest.mark.parametrize("last", [stop(A), remove(A)], ids=["stop", "remove"])
    def test_nothing_runs_after_the_order_that_ends_it(
        self, engine: SimulatedEngine, given: tuple[Any, ...], last: Any
    ) -> None:
        for order in (*given, last):
            engine.perform(order)
        engine.settle()
        assert engine.running() == []
        assert seen(engine.heard)[-1][0] == last.operation_id

    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_orders_given_twice_have_the_effect_of_one(self, engine: SimulatedEngine, count: int) -> None:
        for order in LIFE[:count]:
            for _ in range(3):
                engine.perform(order)
            engine.settle()
            assert len(engine.containers()) == 1
        assert engine.starts() == (count > 1)

    def test_an_order_of_an_earlier_life_starts_nothing_anew(self, engine: SimulatedEngine) -> None:
        one_by_one(engine, prepare(A), start(A), stop(A))
        engine.heard.clear()
        one_by_one(engine, start(A))
        assert seen(engine.heard) == [(2, P.EXITED)]
        assert engine.running() == []

    def test_what_happens_by_itself_belongs_to_no_order(self, engine: SimulatedEngine) -> None:
        one_by_one(engine, prepare(A), start(A))
        engine.heard.clear()
        engine.crash(A)
        assert seen(engine.heard) == [(OperationId(0), P.EXITED)]

    def test_a_container_that_does_not_stop_is_killed_after_its_grace(self, engine: SimulatedEngine) -> None:
        one_by_one(engine, prepare(A), start(A))
        engine.perform(stop(A, grace_ns=1))
        engine.settle(SECOND // 100)
        assert engine.running() == []
