"""What clients could not get, and from when to when."""

import pytest

from swarmsim.report.availability import Reason, availability_of, bad_spells, standstills
from swarmsim.report.exchanges import GOOD, Clients, Exchange

MS = 1_000_000


def exchange(started_ms: int, ended_ms: int, outcome: str = GOOD, said: str = "") -> Exchange:
    return Exchange(started_ms * MS, ended_ms * MS, outcome, "m1", said=said)


def steady(from_ms: int, to_ms: int) -> list[Exchange]:
    """Good answers after 2 ms each, ten a second."""
    return [exchange(at_ms, at_ms + 2) for at_ms in range(from_ms, to_ms, 100)]


def test_without_exchanges_nothing_stood_still_and_nothing_failed() -> None:
    assert standstills([], 200 * MS) == ()
    assert bad_spells([]) == ()


def test_good_answers_stand_never_still() -> None:
    assert standstills(steady(0, 5_000), 200 * MS) == ()


def test_a_standstill_begins_with_the_first_who_waited_and_ends_with_the_first_answer() -> None:
    waiting = [exchange(at_ms, 1_650) for at_ms in (1_000, 1_100, 1_200)]
    [found] = standstills([*steady(0, 1_000), *waiting, *steady(1_700, 2_000)], 200 * MS)
    assert (found.from_ns, found.to_ns, found.ended) == (1_000 * MS, 1_650 * MS, True)
    assert found.asked == {GOOD: 3}


def test_nobody_stood_still_while_nobody_asked() -> None:
    assert standstills([*steady(0, 1_000), *steady(5_000, 6_000)], 200 * MS) == ()


def test_refusals_are_a_standstill_however_fast_they_are() -> None:
    refused = [exchange(at_ms, at_ms + 1, "refused") for at_ms in range(1_000, 3_000, 100)]
    [found] = standstills([*steady(0, 1_000), *refused, *steady(3_000, 4_000)], 200 * MS)
    assert (found.from_ns, found.to_ns) == (1_000 * MS, 3_002 * MS)
    assert found.asked == {"refused": 20, GOOD: 1}  # the one whose answer ended it is among them


def test_a_failure_among_good_answers_is_no_standstill() -> None:
    mixed = [*steady(0, 1_000), exchange(1_050, 3_050, "timeout"), *steady(1_100, 5_000)]
    assert standstills(mixed, 200 * MS) == ()


def test_a_standstill_that_the_run_ends_in_has_not_ended() -> None:
    [found] = standstills(
        [*steady(0, 1_000), *(exchange(at_ms, 5_000, "unknown") for at_ms in (1_000, 2_000))], 200 * MS
    )
    assert (found.from_ns, found.to_ns, found.ended) == (1_000 * MS, 5_000 * MS, False)


def test_a_bad_spell_reaches_from_the_first_failure_to_the_first_good_one_after_the_last() -> None:
    failing = [exchange(1_000, 3_000, "timeout", "late"), exchange(1_100, 1_102), exchange(1_200, 1_300, "error")]
    [found] = bad_spells([*steady(0, 1_000), *failing, *steady(1_300, 2_000)])
    assert (found.from_ns, found.to_ns) == (1_000 * MS, 1_300 * MS)
    assert (found.asked_count, found.failed_count) == (3, 2)
    assert found.reasons == (Reason("timeout", None, "late", 1, "m1"), Reason("error", None, "", 1))


@pytest.mark.parametrize(("second_ms", "spells"), [(1_900, 1), (2_000, 2)])
def test_a_second_without_failure_ends_a_bad_spell(second_ms: int, spells: int) -> None:
    failing = [exchange(1_000, 1_010, "reset"), *steady(1_100, second_ms), exchange(second_ms, second_ms + 10, "reset")]
    assert len(bad_spells([*steady(0, 1_000), *failing, *steady(second_ms + 100, 4_000)])) == spells


def test_the_sum_of_a_source() -> None:
    waiting = [exchange(at_ms, 1_600) for at_ms in range(1_000, 1_600, 100)]
    lost = exchange(1_000, 1_000, "unknown", "asked at m1")
    exchanges = (*steady(0, 1_000), lost, *waiting, *steady(1_600, 3_000))
    found = availability_of(Clients("operator", "writes", "the managers", "", 10.0, exchanges))
    assert (found.asked_count, found.failed_count) == (31, 1)
    assert found.outcomes == {GOOD: 30, "unknown": 1}
    assert (found.standstill_ns, found.mean_to_repair_ns) == (600 * MS, 600 * MS)
    assert found.spells_beside_standstills() == []
    assert found.latency is not None
    assert (found.latency.p50_ns, found.latency.max_ns) == (2 * MS, 600 * MS)


def test_a_standstill_has_the_hosts_that_were_asked() -> None:
    lost = [Exchange(at_ms * MS, at_ms * MS, "refused", host) for at_ms, host in ((1_000, "m5"), (1_100, "m4"))]
    [found] = standstills([*steady(0, 1_000), *lost, *steady(1_600, 2_000)], 200 * MS)
    assert (found.asked, found.asked_at) == ({"refused": 2, "good": 1}, ("m1", "m4", "m5"))
