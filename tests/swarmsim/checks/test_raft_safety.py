"""What hosts really apply in a played scenario reaches the check."""

from typing import Any

import pytest

from swarmsim.checks import raft
from swarmsim.play import play_simulated
from swarmsim.player.player import Options
from swarmsim.recording import Ruling, Verdict
from swarmsim.scenario.loader import decode
from swarmsim.yaml_source import parse

TEXT = """
name: Writes and a restart
cluster: {managers: 3, workers: 0, timing: lan, snapshot-every: 20}
writers: [{name: w, rate: 20/s, to: managers}]
timeline: [{at: 1s, kill: m3}, {at: 2s, restart: killed}]
expect: [{always: raft-safety}, {always: equal-digests}]
end: 4s
"""


def verdict_on_raft_safety() -> Verdict:
    scenario = decode(parse("writes.yaml", TEXT), TEXT, lambda name, file: pytest.fail("there is no stack"))
    recording = play_simulated(scenario, seed=1, options=Options(record_facts=False, stop_at_violation=True))
    return recording.verdicts[0]


def test_the_code_as_it_is_passes() -> None:
    verdict = verdict_on_raft_safety()
    assert verdict.ruling is Ruling.HELD, verdict.detail
    assert verdict.checked_count > 3 * 60, "at least what three managers applied of sixty writes"


def test_commands_that_differ_between_managers_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = raft.RaftHistory.watch_applied

    def watch_garbled(history: raft.RaftHistory, node: Any, index: int, command: Any) -> None:
        watched(history, node, index, (node.id, command))

    monkeypatch.setattr(raft.RaftHistory, "watch_applied", watch_garbled)
    verdict = verdict_on_raft_safety()
    assert verdict.ruling is Ruling.VIOLATED
    assert "State Machine Safety: index" in verdict.detail


def test_a_request_applied_at_two_indexes_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raft, "_request_at", lambda index, log: ("a client", index // 2))
    verdict = verdict_on_raft_safety()
    assert verdict.ruling is Ruling.VIOLATED
    assert "Once-only" in verdict.detail
