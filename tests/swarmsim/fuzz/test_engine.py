"""A planted bug is found, its schedule replays exactly, and without the bug it passes."""

from pathlib import Path

import pytest

from core.raft import state
from swarmsim.campaign import SeedResult
from swarmsim.fuzz.engine import OPTIONS, Failure, failure_of, fuzz
from swarmsim.play import play_simulated
from swarmsim.recording import Recording, Ruling
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
