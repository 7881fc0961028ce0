"""Quantiles by the nearest rank, against their definition."""

from hypothesis import given
from hypothesis import strategies as st

from swarmsim.report.figures import Figure, distributions
from swarmsim.report.quantiles import quantile


@given(st.lists(st.integers(), min_size=1), st.integers(1, 100))
def test_it_is_the_smallest_value_with_so_many_at_or_below_it(values: list[int], percent: int) -> None:
    ordered = sorted(values)
    found = quantile(ordered, percent)

    def enough(value: int) -> bool:
        return 100 * sum(other <= value for other in ordered) >= percent * len(ordered)

    assert found in ordered
    assert enough(found)
    assert not any(enough(value) for value in ordered if value < found)


def test_a_distribution_names_the_first_seed_of_its_greatest_value() -> None:
    runs = [(seed, [Figure("g", "f", "ns", value)]) for seed, value in ((1, 30), (2, 90), (3, 10), (4, 90))]
    [found] = distributions(runs)
    assert (found.count, found.min, found.p50, found.p95, found.max, found.max_seed) == (4, 10, 30, 90, 90, 2)
    assert found.values == (10, 30, 90, 90)


def test_groups_stay_together_though_some_seeds_have_figures_that_the_first_has_not() -> None:
    first, second = Figure("a", "x", "ns", 1), Figure("b", "y", "ns", 2)
    late = Figure("a", "z", "ns", 3)
    found = distributions([(1, [first, second]), (2, [first, late, second])])
    assert [(each.group, each.name, each.count) for each in found] == [("a", "x", 2), ("a", "z", 1), ("b", "y", 2)]
