"""Time passes in integer nanoseconds, and what coincides happens in an order that only the seed knows."""

from sim.loop import Loop


def order_of_ten(seed: int) -> list[int]:
    loop, seen = Loop(seed), list[int]()
    for number in range(10):
        loop.call_at(5, seen.append, number)
    loop.run_until(5)
    return seen


def test_calls_come_in_order_of_time() -> None:
    loop, seen = Loop(1), list[int]()
    for at in (30, 10, 20):
        loop.call_at(at, lambda: seen.append(loop.now))
    loop.run_until(100)
    assert seen == [10, 20, 30]
    assert loop.now == 100


def test_running_until_an_instant_includes_it_and_nothing_after_it() -> None:
    loop, seen = Loop(1), list[str]()
    loop.call_at(10, seen.append, "due")
    loop.call_at(11, seen.append, "later")
    loop.run_until(10)
    assert seen == ["due"]
    assert loop.now == 10
    loop.run_until(11)
    assert seen == ["due", "later"]


def test_the_order_of_one_instant_is_the_seeds() -> None:
    orders = [order_of_ten(seed) for seed in range(5)]
    assert [order_of_ten(seed) for seed in range(5)] == orders
    assert len({tuple(order) for order in orders}) == 5
    assert all(sorted(order) == list(range(10)) for order in orders)


def test_a_call_in_the_past_comes_at_once_but_not_before_its_caller_returns() -> None:
    loop, seen = Loop(1), list[str]()

    def outer() -> None:
        loop.call_at(3, seen.append, "inner")
        seen.append("outer")

    loop.call_at(7, outer)
    loop.run_until(7)
    assert seen == ["outer", "inner"]
