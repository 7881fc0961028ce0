"""Ages, sizes, durations and the order of names, in docker's words."""

from datetime import UTC, datetime, timedelta

import pytest

from swarmsim.cli.docker.ages import age, clock_words, moment
from swarmsim.cli.docker.ages import duration_words as age_words
from swarmsim.cli.docker.amounts import duration_of, duration_words, nano_cpus_of, size_of, size_words
from swarmsim.cli.docker.client import DaemonError
from swarmsim.cli.docker.natural_order import natural

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "Less than a second"),
        (0.9, "Less than a second"),
        (1.5, "1 second"),
        (59.9, "59 seconds"),
        (MINUTE, "About a minute"),
        (2 * MINUTE, "2 minutes"),
        (59 * MINUTE, "59 minutes"),
        (HOUR, "About an hour"),
        (1.6 * HOUR, "2 hours"),
        (47 * HOUR, "47 hours"),
        (2 * DAY, "2 days"),
        (14 * DAY, "2 weeks"),
        (60 * DAY, "2 months"),
        (730 * DAY, "2 years"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(seconds: float, words: str) -> None:
    assert age_words(seconds) == words


def test_a_time_of_the_api_may_have_nine_digits_or_none() -> None:
    now = datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC)
    assert moment("2026-01-31T12:00:00.123456789Z") == now - timedelta(seconds=5) + timedelta(microseconds=123456)
    assert age("2026-01-31T12:00:00Z", now) == "5 seconds ago"
    assert age("0001-01-01T00:00:00Z", now) == ""
    assert clock_words("2026-01-31T12:00:00.25Z") == "2026-01-31 12:00:00.25 +0000 utc"


def test_amounts_are_read_and_written() -> None:
    assert size_of("64m") == 64 << 20
    assert nano_cpus_of("0.5") == 500_000_000
    assert duration_of("1m30s") == 90_000_000_000
    assert [duration_words(duration_of(text)) for text in ("0s", "150ms", "5s", "1m30s", "2160h")] == [
        "0s",
        "150ms",
        "5s",
        "1m30s",
        "2160h0m0s",
    ]
    assert [size_words(size) for size in (5, 8 << 30, 1536)] == ["5B", "8GiB", "1.5KiB"]


@pytest.mark.parametrize(("read", "text"), [(size_of, "much"), (duration_of, "5"), (nano_cpus_of, "x")])
def test_what_is_no_amount_is_refused(read: object, text: str) -> None:
    assert callable(read)
    with pytest.raises(DaemonError, match="invalid argument"):
        read(text)


def test_names_are_in_the_order_that_people_expect() -> None:
    assert sorted(["web10", "web2", "db", "web"], key=natural) == ["db", "web", "web2", "web10"]
