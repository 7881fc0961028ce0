"""`swarmsim fuzz`: what it prints and writes; the search itself has its own tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swarmsim.checks.situations import SITUATIONS
from swarmsim.cli import fuzz as command
from swarmsim.cli import main
from swarmsim.fuzz.engine import Failure, FuzzReport

FAILURE = Failure(3, ("equal-digests: m1 and m2 differ",), "fuzz-raft-3.yaml", {"fuzz-raft-3.yaml": "name: Drawn\n"})


def campaign(failure: Failure | None, undecided_count: int = 1) -> Callable[..., FuzzReport]:
    def run(profile: str, seeds: range, jobs: int, progress: Callable[[Any], None]) -> FuzzReport:
        reached = {"split-vote": 2, "torn-write-cut": 0}
        unplayed = {"crash-task": 2, "kill": 1}
        return FuzzReport(profile, len(seeds), 120, undecided_count, 2, unplayed, reached, {"kill": 5}, failure)

    return run


def left(monkeypatch: pytest.MonkeyPatch, failure: Failure | None, *arguments: str) -> int:
    monkeypatch.setattr(command, "fuzz_campaign", campaign(failure))
    with pytest.raises(SystemExit) as ended:
        main(["fuzz", "--seeds", "1..4", *arguments])
    return int(ended.value.code or 0)


def test_what_was_reached_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert left(monkeypatch, None) == 0
    assert capsys.readouterr().out == (
        "4 seeds of profile all, 120 checks\n"
        "  in 1 seed some expectation could not be judged\n"
        "  in 2 seeds 3 steps could not be played: crash-task 2, kill 1\n"
        "  seeds that reached each hard state:\n"
        "         2  split-vote\n"
        "         0  torn-write-cut  (never)\n"
        "  steps played: kill 5\n"
        "no violation found in 4 seeds\n"
    )


def test_coverage_can_be_required(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert left(monkeypatch, None, "--quiet", "--require-coverage", "--profile", "raft") == 2
    named = capsys.readouterr().err
    assert named.startswith("never reached: ")
    assert "torn-write-cut" in named
    assert "split-vote" not in named, "it was reached"
    assert "container-failed" not in named, "nobody runs containers in this profile"
    assert left(monkeypatch, FAILURE, "--quiet", "--require-coverage") == 1, "a violation is worse"


def test_full_coverage_satisfies(monkeypatch: pytest.MonkeyPatch) -> None:
    full = FuzzReport("all", 4, 120, 0, 0, {}, dict.fromkeys(SITUATIONS, 1), {}, None)
    monkeypatch.setattr(command, "fuzz_campaign", lambda *arguments: full)
    with pytest.raises(SystemExit) as ended:
        main(["fuzz", "--seeds", "1..4", "--require-coverage"])
    assert not ended.value.code


def test_a_search_in_which_nothing_could_be_told_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for failure, undecided_count, code in ((None, 3, 0), (None, 4, 2), (FAILURE, 4, 1)):
        monkeypatch.setattr(command, "fuzz_campaign", campaign(failure, undecided_count))
        with pytest.raises(SystemExit) as ended:
            main(["fuzz", "--seeds", "1..4", "--quiet"])
        assert (ended.value.code or 0) == code
    assert capsys.readouterr().err == "in no seed could everything that is expected be judged\n"


def test_a_failure_is_written_as_a_scenario_that_replays_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert left(monkeypatch, FAILURE, "--quiet", "--out", "found") == 1
    assert Path("found/fuzz-raft-3.yaml").read_text() == "name: Drawn\n"
    assert capsys.readouterr().out == (
        "seed 3 failed:\n  equal-digests: m1 and m2 differ\nagain: swarmsim run found/fuzz-raft-3.yaml --seed 3 -v\n"
        "violation found in seed 3\n"
    )


def test_an_interrupted_search_says_how_far_it_came(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*arguments: object) -> FuzzReport:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "fuzz_campaign", interrupted)
    with pytest.raises(SystemExit) as ended:
        main(["fuzz", "--seeds", "1..4"])
    assert ended.value.code == 130
    assert capsys.readouterr().err == "0 of 4 seeds done, no violation in them\ninterrupted\n"
