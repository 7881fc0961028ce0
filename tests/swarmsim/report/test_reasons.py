"""Reasons that differ in the host alone are told together, and there are words for each."""

from collections.abc import Sequence

import pytest

from core.trials.clients import FailedCall, Failure, Outcome, Why
from swarmsim.report.availability import Reason
from swarmsim.report.reasons import WORDS, ToldReason, grouped, with_the_rest

DB = (FailedCall("web", "db", Outcome.TIMEOUT),)


def without_power(host: str, calls: tuple[FailedCall, ...] = ()) -> Failure:
    return Failure(Why.WITHOUT_POWER, host, calls=calls)


@pytest.mark.parametrize(
    ("failures", "told"),
    [
        ([without_power("m5"), without_power("m1")], ["m1 and m5 have no power"]),
        ([without_power("m1")], ["m1 has no power"]),
        (
            [without_power("m1", DB), without_power("m1"), without_power("m2", DB)],
            ["web calls db: timeout: m1 and m2 have no power", "m1 has no power"],
        ),
        (
            [Failure(Why.NOBODY_ANSWERS, host, address=ip) for host, ip in (("m1", "::5"), ("m1", "::6"), ("m2", ":"))],
            ["nobody on m1 and m2 answers"],
        ),
        (
            [Failure(Why.NO_NEIGHBOUR, "m1", address="::5"), Failure(Why.NO_NEIGHBOUR, "m1", address="::6")],
            ["m1 does not know where ::5 is", "m1 does not know where ::6 is"],
        ),
        (
            [Failure(Why.ENTRY_WITHOUT_POWER, "m2"), Failure(Why.ENTRY_WITHOUT_POWER, "m1"), without_power("m1")],
            ["at their entries: m1 and m2 have no power", "m1 has no power"],
        ),
        (
            [Failure(Why.UNREACHED, "m2", from_host="m1"), Failure(Why.UNREACHED, "m3", from_host="m1")],
            ["m1 does not reach m2 and m3"],
        ),
        ([Failure(Why.NOT_RESOLVED, "m1", service="{0} {hosts}")], ["m1 cannot resolve {0} {hosts}"]),
    ],
)
def test_equal_but_for_the_host(failures: Sequence[Failure], told: list[str]) -> None:
    groups = grouped([Reason("timeout", failure, "", 10) for failure in failures])
    assert [group.words for group in groups] == told
    assert sum(group.count for group in groups) == 10 * len(failures)


def test_other_outcomes_stay_apart_and_the_most_frequent_come_first() -> None:
    reasons = [
        Reason("error", without_power("m1"), "", 3),
        Reason("timeout", without_power("m1"), "", 2),
        Reason("timeout", without_power("m2"), "", 2),
    ]
    assert grouped(reasons) == [
        ToldReason("timeout", "m1 and m2 have no power", 4),
        ToldReason("error", "m1 has no power", 3),
    ]


def test_writes_are_told_with_what_the_managers_said_and_which_of_them() -> None:
    reasons = [
        Reason("refused", None, "no leader", 3, "m5"),
        Reason("refused", None, "no leader", 2, "m4"),
        Reason("unknown", None, "no answer in time", 1, "m1"),
    ]
    assert [(each.words, each.count) for each in grouped(reasons)] == [
        ("no leader, asked at m4 and m5", 5),
        ("no answer in time, asked at m1", 1),
    ]


@pytest.mark.parametrize("why", Why)
def test_there_are_words_for_everything_that_a_request_may_meet(why: Why) -> None:
    failure = Failure(why, "m1", "m2", "web", "::5", 80)
    [one] = grouped([Reason("timeout", failure, "", 1)])
    assert one.words == WORDS[why][0].format(hosts="m1", from_host="m2", service="web", address="::5", port=80)


def test_what_is_not_told_with_its_reason_adds_up_by_outcome() -> None:
    reasons = [
        *(Reason("timeout", Failure(Why.NOBODY_ANSWERS, f"w{at}"), "", 10) for at in (1, 2)),
        Reason("timeout", Failure(Why.WITHOUT_POWER, "w3"), "", 2),
        Reason("error", Failure(Why.UNHEALTHY, "w1", service="web"), "", 1),
        Reason("timeout", Failure(Why.UNREACHED, "w1", from_host="m1"), "", 1),
    ]
    told = with_the_rest(reasons, 1)
    assert [(each.outcome, each.count, each.also) for each in told] == [
        ("timeout", 20, ""),
        ("timeout", 3, " for other reasons"),
        ("error", 1, ""),
    ]
    assert [each.also for each in with_the_rest(reasons, 2)] == ["", "", "", " for another reason"]
    assert [each.also for each in with_the_rest(reasons[:3], 1)] == ["", " for other reasons"]
    assert with_the_rest(reasons[3:], 5) == grouped(reasons[3:])
