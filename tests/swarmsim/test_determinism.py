"""A run is a function of its scenario and its seed: in any process, whatever the order of hashes, however watched."""

import determinism
import pytest
from msgspec.structs import replace
from short_schedules import LEADER_LOST, Outcome, killed_leader, scenario_of

from core.timing import MS, SECOND
from swarmsim.fuzz.engine import fuzz
from swarmsim.play import play_simulated
from swarmsim.player.player import Options
from swarmsim.recording import decode, encode

FIRST, LAST = 1, 20


@pytest.mark.slow
def test_twenty_schedules_are_the_same_under_another_hash_seed() -> None:
    """Each loses its leader and suffers faults of all kinds within 15 simulated seconds; equal to the last byte."""
    assert determinism.compare(range(FIRST, LAST + 1), jobs=2) == []


def test_a_schedule_in_which_no_leader_was_killed_is_not_taken_for_one() -> None:
    recording = play_simulated(scenario_of(10), 10)
    assert killed_leader(recording) in {host.name for host in recording.hosts}
    [kill] = [band for band in recording.faults if band.from_ns == LEADER_LOST.at_ns]
    for faults in ((), (replace(kill, hosts=("m9",)),), (replace(kill, verb="pause"),)):
        with pytest.raises((AssertionError, ValueError)):
            killed_leader(replace(recording, faults=faults))


def test_an_outcome_that_differs_or_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def played(block: range, hash_seed: str) -> list[Outcome]:
        """Seed 2 has another report under one of them, seed 3 was not finished."""
        report = {2: hash_seed}
        return [Outcome(seed, "m1", "r", report.get(seed, "")) for seed in block if (seed, hash_seed) != (3, "2")]

    monkeypatch.setattr(determinism, "_play", played)
    wrong = determinism.compare(range(1, 8), jobs=1)
    assert [line.split(":")[0] for line in wrong] == ["seed 2", "seed 3"]


def test_a_run_is_the_same_however_closely_it_is_watched() -> None:
    scenario = scenario_of(3)
    runs = [play_simulated(scenario, 3, Options(sample_ns=sample_ns)) for sample_ns in (100 * MS, 2 * SECOND)]
    assert runs[0].facts == runs[1].facts
    assert runs[0].writers == runs[1].writers
    assert runs[0].messages == runs[1].messages


def test_another_seed_is_another_run() -> None:
    scenario = scenario_of(3)
    assert play_simulated(scenario, 3).facts != play_simulated(scenario, 4).facts


def test_a_recording_can_be_kept_as_a_file() -> None:
    recording = play_simulated(scenario_of(4), 4)
    assert encode(decode(encode(recording))) == encode(recording)


def test_a_fuzz_campaign_is_the_same_for_any_number_of_jobs() -> None:
    assert fuzz("raft", range(1, 4), jobs=1) == fuzz("raft", range(1, 4), jobs=2)
