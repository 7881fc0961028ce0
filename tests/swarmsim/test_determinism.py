"""A run is a function of its scenario and its seed: in any process, whatever the order of hashes, however watched."""

import os
import subprocess
import sys

import fuzz_digests
import pytest

from core.timing import MS, SECOND
from swarmsim.fuzz.engine import fuzz
from swarmsim.play import play_simulated
from swarmsim.player.player import Options
from swarmsim.recording import decode, encode

FIRST, LAST = 1, 20


@pytest.mark.slow
def test_twenty_schedules_are_the_same_under_another_hash_seed() -> None:
    """Each loses its leader and suffers faults of all kinds within 15 simulated seconds."""
    processes = [
        subprocess.Popen(
            [sys.executable, fuzz_digests.__file__, str(FIRST), str(LAST)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for hash_seed in ("1", "2")
    ]
    first, second = [process.communicate()[0] for process in processes]
    assert first.count("\n") == LAST - FIRST + 1
    assert first == second


def test_a_run_is_the_same_however_closely_it_is_watched() -> None:
    scenario = fuzz_digests.scenario_of(3)
    runs = [play_simulated(scenario, 3, Options(sample_ns=sample_ns)) for sample_ns in (100 * MS, 2 * SECOND)]
    assert runs[0].facts == runs[1].facts
    assert runs[0].writers == runs[1].writers
    assert runs[0].messages == runs[1].messages


def test_another_seed_is_another_run() -> None:
    scenario = fuzz_digests.scenario_of(3)
    assert play_simulated(scenario, 3).facts != play_simulated(scenario, 4).facts


def test_a_recording_can_be_kept_as_a_file() -> None:
    recording = play_simulated(fuzz_digests.scenario_of(4), 4)
    assert encode(decode(encode(recording))) == encode(recording)


def test_a_fuzz_campaign_is_the_same_for_any_number_of_jobs() -> None:
    assert fuzz("raft", range(1, 4), jobs=1) == fuzz("raft", range(1, 4), jobs=2)
