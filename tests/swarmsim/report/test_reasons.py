"""Reasons that differ in the host alone are told together."""

import pytest

from swarmsim.report.availability import Reason
from swarmsim.report.reasons import grouped


@pytest.mark.parametrize(
    ("details", "told"),
    [
        (["m5 has no power", "m1 has no power"], ["m1 and m5 have no power"]),
        (["m1 has no power"], ["m1 has no power"]),
        (
            ["web calls db: timeout: m1 has no power", "m1 has no power", "web calls db: timeout: m2 has no power"],
            ["web calls db: timeout: m1 and m2 have no power", "m1 has no power"],
        ),
        (
            ["nobody on m1 answers to ::5", "nobody on m1 answers to ::6", "nobody on m2 answers to ::9"],
            ["nobody on m1 and m2 answers"],
        ),
        (["asked at m5", "asked at m1"], ["asked at m1 and m5"]),
        (["web is not healthy", "m1 cannot resolve kv"], ["web is not healthy", "m1 cannot resolve kv"]),
        (["{0} {hosts}", "{x} calls b: m1 has no power"], ["{0} {hosts}", "{x} calls b: m1 has no power"]),
    ],
)
def test_equal_but_for_the_host(details: list[str], told: list[str]) -> None:
    groups = grouped([Reason("timeout", detail, 10) for detail in details])
    assert [group.detail for group in groups] == told
    assert sum(group.count for group in groups) == 10 * len(details)


def test_other_outcomes_stay_apart_and_the_most_frequent_come_first() -> None:
    reasons = [
        Reason("error", "m1 has no power", 3),
        Reason("timeout", "m1 has no power", 2),
        Reason("timeout", "m2 has no power", 2),
    ]
    assert grouped(reasons) == [Reason("timeout", "m1 and m2 have no power", 4), Reason("error", "m1 has no power", 3)]
