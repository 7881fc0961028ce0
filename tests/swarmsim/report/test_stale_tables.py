"""A host whose kernel refuses changes of its tables, played for real: the report must not call it up to date."""

from pathlib import Path

import pytest

from core.timing import SECOND
from swarmsim.play import play_simulated
from swarmsim.recording import Recording
from swarmsim.report.summary import RunSummary, summarise
from swarmsim.scenario.loader import load

SCENARIO = """
name: Routes that fail
cluster: {managers: 3, workers: 3, network: lan, timing: lan}
images:
  web:1: {port: 80}
deploy:
  - stack: {name: s, file: s.yml}
traffic:
  - {name: users, to: "s_web:8080", rate: 50/s, enter-at: [m1]}
timeline:
  - {at: 4s, fail-routes: w1, until: 12s}
  - {at: 6s, kill: w2}
end: 15s
"""
STACK = """
services:
  web:
    image: web:1
    ports: ["8080:80"]
    deploy: {replicas: 5, restart_policy: {delay: 500ms}}
"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    directory: Path = tmp_path_factory.mktemp("routes")
    (directory / "s.yml").write_text(STACK)
    (directory / "routes.yaml").write_text(SCENARIO)
    return play_simulated(load(directory / "routes.yaml"), 1)


@pytest.fixture(scope="module")
def run(recording: Recording) -> RunSummary:
    return summarise(recording)


def test_the_recording_knows_whose_table_is_stale(recording: Recording) -> None:
    wrong = [point for point in recording.tables if 8 * SECOND < point.at_ns < 12 * SECOND]
    before = [point for point in recording.tables if point.at_ns <= 8 * SECOND][-1]
    assert (before.lagging, before.misled, wrong) == (("w1",), ("w1",), [])
    assert (recording.tables[-1].lagging, recording.tables[-1].misled) == ((), ())


def test_tables_are_up_to_date_only_when_the_last_host_has_programmed_its_own(run: RunSummary) -> None:
    killed, mended = run.anatomies[1:]
    late = {each.name: each for each in killed.unfinished}
    assert set(late) == {"tables-clear", "tables-consistent"}
    assert all("w1 last" in each.note and each.after == "end of fail-routes: w1" for each in late.values())
    assert {stage.name for stage in mended.stages} == {"tables-clear", "tables-consistent"}
    assert all(0 < stage.since_ns < SECOND and stage.inherited for stage in mended.stages)


def test_those_who_never_enter_there_are_served_well_before(run: RunSummary) -> None:
    stages = {stage.name: stage.since_ns for stage in run.anatomies[1].stages}
    assert stages["hosts-down"] < stages["first-request"] < 2 * SECOND
