"""Numbers as a reader wants them."""

import pytest

from swarmsim.counting import counted, number
from swarmsim.report.wording import duration, instant, listed, mark, share, size

MS = 1_000_000


@pytest.mark.parametrize(
    ("length_ns", "text"),
    [
        (0, "0 s"),
        (250_000, "0.25 ms"),
        (26_000, "0.026 ms"),
        (1_234_000, "1.2 ms"),
        (261 * MS, "261 ms"),
        (999_700_000, "1.00 s"),
        (3_320 * MS, "3.32 s"),
        (22_250 * MS, "22.2 s"),
        (80_000 * MS, "80 s"),
        (125_000 * MS, "2 min 5 s"),
        (-5 * MS, "−5.0 ms"),
    ],
)
def test_a_duration_has_about_three_digits(length_ns: int, text: str) -> None:
    assert duration(length_ns) == text


def test_moments_are_told_to_the_millisecond_and_marked_as_a_scenario_writes_them() -> None:
    assert (instant(20_261 * MS), instant(-49 * MS), mark(20_000 * MS)) == ("20.261 s", "−0.049 s", "20 s")


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "–"),
        (0, 9, "0 %"),
        (9, 9, "100 %"),
        (1, 3, "33.3 %"),
        (1, 100_000, "0.01 %"),
        (99_999, 100_000, "99.99 %"),
    ],
)
def test_a_share_is_all_or_nothing_only_if_it_is(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text


def test_sizes_counts_and_lists() -> None:
    assert [size(each) for each in (512, 3_400, 1_580_000)] == ["512 B", "3.4 kB", "1.58 MB"]
    assert (number(16_000), counted(1, "seed"), counted(2, "seed")) == ("16,000", "1 seed", "2 seeds")
    assert [listed(each) for each in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 stretches"), (1, "1 stretch"), (2, "2 stretches"), (1200, "1,200 stretches")]
)
def test_a_plural_that_is_no_mere_s_is_given(count: int, words: str) -> None:
    assert counted(count, "stretch", "stretches") == words
