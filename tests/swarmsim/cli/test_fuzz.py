"""`swarmsim fuzz`: what it prints and writes; the search itself has its own tests."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from command_line import Command

from swarmsim.checks.situations import SITUATIONS
from swarmsim.cli import fuzz as command
from swarmsim.fuzz.engine import Failure, FuzzReport

FAILURE = Failure(3, ("equal-digests: m1 and m2 differ",), "fuzz-raft-3.yaml", {"fuzz-raft-3.yaml": "name: Drawn\n"})


def campaign(failure: Failure | None, undecided_count: int = 1) -> Callable[..., FuzzReport]:
    def run(profile: str, seeds: range, jobs: int, progress: Callable[[Any], None]) -> FuzzReport:
        reached = {"split-vote": 2, "torn-write-cut": 0}
        unplayed = {"crash-task": 2, "kill": 1}
        return FuzzReport(profile, len(seeds), 120, undecided_count, 2, unplayed, reached, {"kill": 5}, failure)

    return run


@pytest.fixture
def fuzz(swarmsim: Command) -> Command:
    """Runs the command over four seeds."""
    return partial(swarmsim, "fuzz", "--seeds", "1..4")


def test_what_was_reached_is_printed(fuzz: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "fuzz_campaign", campaign(None))
    code, out, _ = fuzz()
    assert code == 0
    assert out == (
        "4 seeds of profile all, 120 checks\n"
        "  in 1 seed some expectation could not be judged\n"
        "  in 2 seeds 3 steps could not be played: crash-task 2, kill 1\n"
        "  seeds that reached each hard state:\n"
        "         2  split-vote\n"
        "         0  torn-write-cut  (never)\n"
        "  steps played: kill 5\n"
        "no violation found in 4 seeds\n"
    )


def test_coverage_can_be_required(fuzz: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "fuzz_campaign", campaign(None))
    code, _, named = fuzz("--quiet", "--require-coverage", "--profile", "raft")
    assert code == 2
    assert named.startswith("never reached: ")
    assert "torn-write-cut" in named
    assert "split-vote" not in named, "it was reached"
    assert "container-failed" not in named, "nobody runs containers in this profile"
    monkeypatch.setattr(command, "fuzz_campaign", campaign(FAILURE))
    assert fuzz("--quiet", "--require-coverage").code == 1, "a violation is worse"


def test_full_coverage_satisfies(fuzz: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    full = FuzzReport("all", 4, 120, 0, 0, {}, dict.fromkeys(SITUATIONS, 1), {}, None)
    monkeypatch.setattr(command, "fuzz_campaign", lambda *arguments: full)
    assert fuzz("--require-coverage").code == 0


def test_a_search_in_which_nothing_could_be_told_is_no_success(fuzz: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = "in no seed could everything that is expected be judged\n"
    for failure, undecided_count, code, err in ((None, 3, 0, ""), (None, 4, 2, nothing), (FAILURE, 4, 1, "")):
        monkeypatch.setattr(command, "fuzz_campaign", campaign(failure, undecided_count))
        ended = fuzz("--quiet")
        assert (ended.code, ended.err) == (code, err)


def test_a_failure_is_written_as_a_scenario_that_replays_it(fuzz: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "fuzz_campaign", campaign(FAILURE))
    code, out, _ = fuzz("--quiet", "--out", "found")
    assert code == 1
    assert Path("found/fuzz-raft-3.yaml").read_text() == "name: Drawn\n"
    assert out == (
        "seed 3 failed:\n  equal-digests: m1 and m2 differ\nagain: swarmsim run found/fuzz-raft-3.yaml --seed 3 -v\n"
        "violation found in seed 3\n"
    )


def test_an_interrupted_search_says_how_far_it_came(fuzz: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> FuzzReport:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "fuzz_campaign", interrupted)
    code, _, err = fuzz()
    assert (code, err) == (130, "0 of 4 seeds done, no violation in them\ninterrupted\n")
