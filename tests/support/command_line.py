"""What tests of the command line have in common: how a command ended, and a scenario that is over soon."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

SMALL = """\
name: Small
purpose: One manager, no trouble.
cluster: {managers: 1}
writers: [{name: operator, rate: 5/s}]
timeline: [%s]
expect:
  - {after: 0s, leader: true, within: 1s}
  - %s
end: 2s
"""
HOLDS = "{over: 0s..2s, writes: acknowledged}"
DOES_NOT = "{sometimes: split-vote}"


class Ended(NamedTuple):
    """How a command ended: its exit code, and what it printed where."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]
"""Runs a command line of these words, in an empty directory."""


def small(expectation: str = HOLDS, step: str = "") -> str:
    """Write it to the current directory; its name."""
    Path("small.yaml").write_text(SMALL % (step, expectation))
    return "small.yaml"
