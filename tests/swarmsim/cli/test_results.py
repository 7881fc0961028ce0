"""Summing up runs."""

import pytest

from swarmsim.campaign import SeedResult
from swarmsim.cli.results import ScenarioResults, SeedRuling, lines_of, results_of, summary, worst
from swarmsim.recording import Ruling
from swarmsim.report.summary import RunSummary
from swarmsim.scenario.plan import ClusterPlan, Scenario

HELD, VIOLATED, UNKNOWN = Ruling.HELD, Ruling.VIOLATED, Ruling.UNKNOWN


@pytest.mark.parametrize(
    ("rulings", "ruling"),
    [
        ([], UNKNOWN),
        ([HELD], HELD),
        ([HELD, UNKNOWN], UNKNOWN),
        ([UNKNOWN, VIOLATED, HELD], VIOLATED),
    ],
)
def test_the_worst_counts(rulings: list[Ruling], ruling: Ruling) -> None:
    assert worst(rulings) is ruling


def test_a_crashed_run_could_not_tell_and_says_so() -> None:
    scenario = Scenario("S", "", ClusterPlan(1), 0, file="s.yaml")
    crashed: SeedResult[RunSummary] = SeedResult(7, None, "AssertionError: no (x.py:1 f)")
    results = results_of(scenario, [crashed])
    assert results.ruling is UNKNOWN
    assert list(lines_of(results, verbose=False, quiet=True)) == [
        "  problem   the run crashed: AssertionError: no (x.py:1 f)",
        "  unknown: seed 7, 0 expectations and checks; again: swarmsim run s.yaml --seed 7 -v",
    ]


def test_a_remark_is_told_beside_the_problems_unless_it_is_to_be_quiet() -> None:
    remarked = SeedRuling(7, HELD, remarks=("line 9: unlock: locked at 15s fits nobody",))
    results = ScenarioResults("s.yaml", "S", HELD, (remarked,))
    told = "  note      line 9: unlock: locked at 15s fits nobody"
    assert told in lines_of(results, verbose=False, quiet=False)
    assert told not in lines_of(results, verbose=False, quiet=True)


def test_the_summary_names_the_seeds_that_did_not_hold() -> None:
    seeds = tuple(SeedRuling(seed, VIOLATED if seed % 3 == 0 else HELD) for seed in range(1, 41))
    assert summary(ScenarioResults("s.yaml", "S", VIOLATED, seeds)) == (
        "violated: 40 seeds, 27 held, 13 violated (seeds 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, …)"
    )
