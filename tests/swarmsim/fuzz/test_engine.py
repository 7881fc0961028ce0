"""A planted bug is found, its schedule replays exactly, and without the bug it passes."""

from pathlib import Path

import pytest

from core.raft import state
from swarmsim.campaign import SeedResult
from swarmsim.fuzz import engine
from swarmsim.fuzz.engine import OPTIONS, Failure, FuzzRun, failure_of, fuzz, verb_in
from swarmsim.play import play_simulated
from swarmsim.recording import Recording, Ruling, Verdict
from swarmsim.scenario.loader import load


def too_few_of(voter_count: int) -> int:
    """A majority that is none."""
    return max(1, voter_count // 2)


def violations_of(recording: Recording) -> tuple[str, ...]:
    wrong = [verdict for verdict in recording.verdicts if verdict.ruling is Ruling.VIOLATED]
    return tuple(f"{verdict.name}: {verdict.detail}" for verdict in wrong)


@pytest.fixture(scope="module")
def failure() -> Failure:
    """What a campaign finds in a Raft that elects leaders with too few votes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "quorum_size", too_few_of)
        report = fuzz("raft", range(1, 30))
    assert report.failure is not None
    assert report.seed_count == report.failure.seed, "it stops at the first"
    return report.failure


def test_the_failing_schedule_replays_exactly(
    failure: Failure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in failure.files.items():
        (tmp_path / name).write_text(content)
    scenario = load(tmp_path / failure.file)
    assert violations_of(play_simulated(scenario, failure.seed, OPTIONS)) == ()
    monkeypatch.setattr(state, "quorum_size", too_few_of)
    assert violations_of(play_simulated(scenario, failure.seed, OPTIONS)) == failure.reasons


def test_a_crash_is_a_failure_with_its_schedule() -> None:
    failure = failure_of("swarm", SeedResult(3, None, "ValueError: unlucky (host.py:1 step)"))
    assert failure is not None
    assert failure.reasons == ("ValueError: unlucky (host.py:1 step)",)
    assert set(failure.files) == {"fuzz-swarm-3.yaml", "fuzz-stack.yml", "fuzz-api-key.txt"}


def test_steps_that_could_not_be_played_and_seeds_that_were_not_decided_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unknown = (Verdict("after: 8s, leader: true, within: 6s", Ruling.UNKNOWN, "the run ended before it was due", 0),)
    lost = (
        "line 24: crash-task: {app_web: 1} at 4.4s could not be played: no task",
        "kill at 2s could not be played: x",
    )
    runs = {
        1: FuzzRun(1, "", 3, (), unknown, (), {"split-vote": 1}, {"kill": 2}, 10),
        2: FuzzRun(2, "", 3, (), (), lost, {"split-vote": 0}, {"kill": 1}, 10),
        3: FuzzRun(3, "", 3, (), (), lost[:1], {"split-vote": 4}, {}, 10),
    }
    monkeypatch.setattr(engine, "fuzz_seed", lambda profile, seed: runs[seed])
    report = fuzz("raft", range(1, 4))
    assert (report.undecided_count, report.unplayed_seed_count) == (1, 2)
    assert report.unplayed == {"crash-task": 2, "kill": 1}
    assert (report.situations, report.steps) == ({"split-vote": 2}, {"kill": 3})
    assert not report.undecided
    assert fuzz("raft", range(1, 2)).undecided


def test_a_problem_of_no_step_is_counted_as_such() -> None:
    assert [verb_in(each) for each in ("the swarm did not form: no", "stack app was not deployed: no")] == [
        "forming the swarm or deploying to it"
    ] * 2
