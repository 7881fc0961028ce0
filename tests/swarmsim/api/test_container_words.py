"""How a container is doing, in Docker's words."""

import pytest

from core.timing import SECOND
from swarmsim.api.engine.container_words import command_text, duration_text

MINUTE, HOUR, DAY = 60, 3600, 86_400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "Less than a second"),
        (0.9, "Less than a second"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (119, "About a minute"),
        (120, "2 minutes"),
        (59 * MINUTE, "59 minutes"),
        (HOUR, "About an hour"),
        (47 * HOUR, "47 hours"),
        (2 * DAY, "2 days"),
        (13 * DAY, "13 days"),
        (14 * DAY, "2 weeks"),
        (64 * DAY, "2 months"),
        (729 * DAY, "24 months"),
        (1000 * DAY, "2 years"),
    ],
)
def test_durations_are_told_in_the_largest_unit_that_says_something(seconds: float, text: str) -> None:
    assert duration_text(int(seconds * SECOND)) == text


def test_words_of_a_command_that_have_spaces_are_quoted() -> None:
    assert command_text(("sh", "-c", "echo hi")) == "sh -c 'echo hi'"
