"""What a check's findings amount to, with and without a line that asks for it."""

import pytest

from swarmsim.checks.check import Check
from swarmsim.player.verdicts import check_verdict
from swarmsim.recording import Ruling
from swarmsim.scenario.expectations import Always, Expectation

WRITTEN = Expectation(Always("something"), line=7, text="always: something")


class Something(Check):
    """Judges what it is told to."""

    name = "something"


@pytest.mark.parametrize(
    ("judged", "written", "unwritten"),
    [
        ([], Ruling.UNKNOWN, Ruling.HELD),
        ([True], Ruling.HELD, Ruling.HELD),
        ([True, False], Ruling.VIOLATED, Ruling.VIOLATED),
    ],
)
def test_what_is_asked_for_must_have_been_looked_at(judged: list[bool], written: Ruling, unwritten: Ruling) -> None:
    check = Something()
    for holds in judged:
        check.expect(holds, 5, "broken")
    assert check_verdict(check, 0, WRITTEN).ruling is written
    assert check_verdict(check, 0).ruling is unwritten


def test_a_violation_counts_however_little_was_looked_at() -> None:
    check = Something()
    check.fail(5, "broken")
    assert check_verdict(check, 3, WRITTEN).ruling is Ruling.VIOLATED
    assert check_verdict(check, 3, WRITTEN).at_ns == 2


def test_a_verdict_says_how_much_was_left_out() -> None:
    class Partial(Something):
        def remark(self) -> str:
            return "2 not judged"

    check = Partial()
    assert check_verdict(check, 0, WRITTEN).detail == "there was nothing to check; 2 not judged"
    check.expect(True, 5, "broken")
    assert check_verdict(check, 0).detail == "no violation; 2 not judged"
