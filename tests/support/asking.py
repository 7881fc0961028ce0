"""Asks a cluster that is served until something holds: its time passes while somebody asks."""

from collections.abc import Callable

import pytest

LOOKS = 1000


def until(holds: Callable[[], bool]) -> None:
    """Fails the test if it never comes to hold."""
    for _ in range(LOOKS):
        if holds():
            return
    pytest.fail("it never came to hold")
