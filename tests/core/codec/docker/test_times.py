"""Times as Docker writes them."""

import pytest

from core.codec.docker.times import rfc3339

DAY = 86_400 * 10**9


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
        (1_500_000_000, "1970-01-01T00:00:01.5Z"),
        (1_471_517_064_496_525_531, "2016-08-18T10:44:24.496525531Z"),
        (19_782 * DAY, "2024-02-29T00:00:00Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
    ],
)
def test_a_time_has_the_digits_it_needs(time_ns: int, text: str) -> None:
    assert rfc3339(time_ns) == text
