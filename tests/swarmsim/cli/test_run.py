"""`swarmsim run`: exit codes, and what is printed where."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import DOES_NOT, Command, small

from swarmsim.cli import playing
from swarmsim.play import play_simulated
from swarmsim.recording import Recording
from swarmsim.scenario.plan import Scenario


def test_a_run_whose_expectations_held(swarmsim: Command) -> None:
    ended = swarmsim("run", small())
    assert ended.code == 0
    assert "  held      over: 0s..2s, writes: acknowledged: 10 of 10 acknowledged\n" in ended.out


def test_a_run_with_an_expectation_that_did_not_hold(swarmsim: Command) -> None:
    ended = swarmsim("run", small(DOES_NOT))
    assert ended.code == 1
    assert "  VIOLATED  sometimes: split-vote: reached 0 times\n" in ended.out
    assert "again: swarmsim run small.yaml --seed 1 -v" in ended.out


def test_a_run_that_could_not_be_played_as_written(swarmsim: Command) -> None:
    file = Path(small(step="{at: 1s, kill: {followers: 1}}"))
    file.write_text(file.read_text().replace("end: 2s", "end: 8s"))  # a step waits a while for its target
    ended = swarmsim("run", str(file))
    assert ended.code == 2
    assert "problem" in ended.out


def test_bad_input_is_found_before_anything_is_played(swarmsim: Command) -> None:
    ended = swarmsim("run", small(), "nowhere.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "error: nowhere.yaml: cannot be read: No such file or directory\n"


@pytest.mark.parametrize("seeds", ["1-4", "4..1", "a..b", f"1..{10**22}"])
def test_seeds_that_are_no_range(swarmsim: Command, seeds: str) -> None:
    ended = swarmsim("run", small(), "--seeds", seeds)
    assert ended.code == 2
    assert seeds in ended.err


def test_a_single_seed_is_a_range_of_one(swarmsim: Command) -> None:
    alone, ranged = (swarmsim("run", small(), "--seeds", seeds) for seeds in ("3", "3..3"))
    assert (alone.code, alone.out) == (0, ranged.out)
    assert "seed 3" in alone.out


def test_many_seeds_are_summed_up(swarmsim: Command) -> None:
    ended = swarmsim("run", small(DOES_NOT), "--seeds", "1..2")
    assert ended.code == 1
    assert ended.out.splitlines()[-2:] == [
        "  violated: 2 seeds, 2 violated (seeds 1, 2)",
        "for a report (HTML, Markdown, JSON), add --out DIR",
    ]
    assert "  seed 2: VIOLATED  sometimes: split-vote: reached 0 times\n" in ended.out


def test_quiet_says_nothing_of_what_held(swarmsim: Command) -> None:
    assert swarmsim("run", small(), "--quiet").out == ""
    assert "split-vote" in swarmsim("run", small(DOES_NOT), "--quiet").out


def test_verbose_shows_every_check(swarmsim: Command) -> None:
    assert "equal-digests" not in swarmsim("run", small()).out
    assert "equal-digests" in swarmsim("run", small(), "--verbose").out


def test_json_is_the_same_for_any_number_of_jobs(swarmsim: Command) -> None:
    one = swarmsim("run", small(), "--seeds", "1..2", "--json", "--jobs", "1")
    two = swarmsim("run", small(), "--seeds", "1..2", "--json", "--jobs", "2")
    [results] = json.loads(one.out)
    assert one.out == two.out
    assert (results["scenario"], results["ruling"]) == ("Small", "held")
    assert [seed["seed"] for seed in results["seeds"]] == [1, 2]


def test_what_is_wrong_in_any_file_is_told_before_anything_is_played(swarmsim: Command) -> None:
    Path("bad.yaml").write_text("name: x")
    ended = swarmsim("run", "bad.yaml", small(), "nowhere.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        "error: bad.yaml:1: 'cluster' is missing",
        "error: nowhere.yaml: cannot be read: No such file or directory",
    ]


def test_an_interrupted_campaign_says_what_was_finished(swarmsim: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    play = play_simulated

    def interrupted(scenario: Scenario, seed: int, *rest: Any) -> Recording:
        if seed == 2:
            raise KeyboardInterrupt
        return play(scenario, seed, *rest)

    monkeypatch.setattr(playing, "play_simulated", interrupted)
    ended = swarmsim("run", small(DOES_NOT), "--seeds", "1..3")
    assert (ended.code, ended.out) == (130, "")
    assert ended.err == "Small: 1 of 3 seeds done: 1 violated (seed 1)\ninterrupted\n"


def test_names_in_any_script_and_files_from_other_systems(swarmsim: Command) -> None:
    Path("odd.yaml").write_bytes("\ufeffname: Ünï 名前\r\ncluster: {managers: 1}\r\nend: 1s\r\n".encode())
    assert swarmsim("run", "odd.yaml").out.startswith("Ünï 名前 (odd.yaml)\n")


@pytest.mark.parametrize("options", [("--seed", "1", "--seeds", "1..2"), ("-q", "-v")])
def test_options_that_contradict_each_other_are_refused(swarmsim: Command, options: tuple[str, ...]) -> None:
    ended = swarmsim("run", small(), *options)
    assert (ended.code, ended.out) == (2, "")
    assert "exclude each other" in ended.err
