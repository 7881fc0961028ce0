"""Every story holds as it is told, and turns red by one setting or one bug: none of them holds whatever happens."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.compose.stack import Stack
from swarmsim.compose_files import load_stack
from swarmsim.play import play_simulated
from swarmsim.player.player import Options
from swarmsim.recording import Ruling
from swarmsim.scenario.loader import decode, load
from swarmsim.yaml_source import parse

ROOT = Path(__file__).parents[3]
DIRECTORY = ROOT / "scenarios"
OPTIONS = Options(record_facts=False)

TURNED_RED_BY = {
    "address-pool-exhausted": ("stacks/crowded.yml", "stacks/crowded-but-roomy.yml", "pending: {service: shop_web"),
    "bad-image-rolls-back": ("healthy-after: 2s", "healthy-after: 200ms", "running: {service: web_front"),
    "drain-every-host": ("stacks/web.yml", "stacks/web-without-drain.yml", "success-rate"),
    "host-port-conflicts": ("join: {workers: 1}", "join: {managers: 1}", "running: {service: house_door"),
    "failing-health-check-pauses": ("healthy-after: 1h", "healthy-after: 200ms", "is: paused"),
    "isolated-workers-with-fencing": ("timing: lan", "timing: docker", "running: {service: bank_ledger"),
    "isolated-workers-without-fencing": (
        "stacks/ledger-without-fence.yml",
        "stacks/ledger.yml",
        "sometimes: two-containers-of-one-slot",
    ),
    "job-with-crashing-workers": ("exits-after: 10s", "exits-after: 60s", "converged: all"),
    "kill-daemon-against-kill": ("kill-daemon: w1", "kill: w1", "success-rate: {traffic: neighbours"),
    "force-update-evens-out": ("force-update: web_crowd", "scale: {web_crowd: 20}", "even: web_crowd"),
    "scale-10-500-10": ("stacks/crowd.yml", "stacks/crowd-without-drain.yml", "success-rate"),
    "leader-lost-in-mid-update": ("kill: leader", "kill: {managers: 3, including: leader}", "is: completed"),
    "rack-loss": ("stacks/web.yml", "stacks/web-anywhere.yml", "running: {service: web_front"),
    "rolling-host-reboots": ("drain: w1", "slow-disk: w1, latency: 1ms", "success-rate"),
    "rolling-update": ("stacks/web.yml", "stacks/web-without-drain.yml", "success-rate"),
    "corrupt-disk": ("corrupt-disk: m3", "slow-disk: m3, latency: 1ms", "sometimes: corrupt-disk-rejoined"),
    "ended-group-comes-back": ("promote: [m2, m3]", "drain: [m2, m3]", "managers: 3, workers: 2"),
    "flapping-link": ("timing: lan", "timing: docker", "sometimes: pre-vote-refused"),
    "full-disk-on-the-leader": ("full-disk: leader", "fail-disk: managers", "write-acknowledged: true"),
    "join-two-managers-under-load": ("snapshot-every: 300", "snapshot-every: 100000", "sometimes: snapshot-installed"),
    "kill-2-of-5-followers": ("managers: 2, excluding", "managers: 3, excluding", "leader: unchanged"),
    "kill-2-of-5-managers": ("managers: 2, including", "managers: 3, including", "write-acknowledged: true"),
    "kill-3-of-5-managers": ("managers: 3, including", "managers: 2, including", "leader: none"),
    "kill-the-leader-over-a-wan": ("timing: wan", "timing: docker", "leader: true"),
    "locked-manager-waits-for-its-key": ("at: 10s, autolock: true", "at: 29s, autolock: true", "leader: none"),
    "manager-back-after-compaction": (
        "snapshot-every: 2000",
        "snapshot-every: 100000",
        "sometimes: snapshot-installed",
    ),
    "managers-change-address": ("move: [leader, w1, w2]", "kill: [leader, w1, w2]", "members: {managers: 3"),
    "packet-loss": ("loss: 30%", "loss: 95%", "writes: acknowledged"),
    "partition-bridge": ("timing: lan", "timing: docker", "caught-up: managers"),
    "partition-majority-minority": ("timing: lan", "timing: docker", "write-acknowledged: true"),
    "paused-leader-wakes": (
        "pause: leader, until: 20s",
        "pause: {managers: 3, including: leader}, until: 20s",
        "leader: true",
    ),
    "quorum-lost-for-good": ("force-new-cluster: m1", "rotate-tokens: all", "leader: true"),
    "secret-rotation": ("file: stacks/keyed-2.yml", "file: stacks/keyed-1.yml", "converged: all"),
    "slow-disk-on-the-leader": (
        "slow-disk: leader, latency: 400ms",
        "slow-disk: managers, latency: 5s",
        "writes: acknowledged",
    ),
    "token-rotation-under-load": (
        "rotate-tokens: worker",
        "rotate-tokens: manager",
        "members: {managers: 3, workers: 4}",
    ),
    "stack-redeploy-with-rename-and-prune": (", prune: true", "", "gone: news_counter"),
    "update-changes-a-port": ("front:2: {port: 8000", "front:2: {port: 80", "success-rate"),
    "two-swarms-begun-anew-apart": ("until: 45s", "until: 65s", "converged: all"),
    "worker-loss": ("timing: lan", "timing: docker", "converged: vote"),
}
"""What is written in the file, what to write instead, and an expectation that this breaks."""

TURNED_RED_BY_BUG = [
    ("packet-loss", "raft-loss-goes-unnoticed", "writes: acknowledged"),
    ("packet-loss", "raft-requests-without-sessions", "always: once-only"),
    ("manager-back-after-compaction", "raft-snapshot-without-sessions", "always: no-acknowledged-write-lost"),
    ("join-two-managers-under-load", "raft-snapshot-without-sessions", "always: equal-digests"),
    ("flapping-link", "raft-pre-vote-against-a-leader", "leader: unchanged"),
    ("secret-rotation", "secrets-for-everyone", "always: entitled-secrets"),
    ("secret-rotation", "secrets-outlive-their-tasks", "always: secrets-end-with-need"),
    ("secret-rotation", "secrets-removed-in-use", "always: secrets-in-use-stay"),
    ("update-changes-a-port", "mesh-believes-the-service-about-targets", "success-rate"),
]
"""Story, bug of `tests/mutants`, and an expectation that it breaks."""
PACKAGES = ("core", "sim", "swarmsim", "scenarios")


def test_there_is_a_setting_for_every_story() -> None:
    assert sorted(file.stem for file in DIRECTORY.glob("*.yaml")) == sorted(TURNED_RED_BY)


@pytest.mark.slow
@pytest.mark.parametrize("name", TURNED_RED_BY)
def test_a_story_holds(name: str) -> None:
    recording = play_simulated(load(DIRECTORY / f"{name}.yaml"), seed=1, options=OPTIONS)
    assert recording.problems == ()
    assert [verdict for verdict in recording.verdicts if verdict.ruling is not Ruling.HELD] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", TURNED_RED_BY)
def test_a_story_is_turned_red(name: str) -> None:
    written, instead, broken = TURNED_RED_BY[name]
    text = (DIRECTORY / f"{name}.yaml").read_text()
    assert written in text
    source = parse(f"{name}.yaml", text.replace(written, instead))
    recording = play_simulated(decode(source, text, read_stack), seed=1, options=OPTIONS)
    violated = [verdict for verdict in recording.verdicts if verdict.ruling is Ruling.VIOLATED]
    assert any(broken in verdict.name for verdict in violated), violated
    assert all(verdict.line > 0 for verdict in violated), "worse faults may miss an expectation, never a safety check"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "mutant", "broken"), TURNED_RED_BY_BUG)
def test_a_story_is_turned_red_by_a_bug(name: str, mutant: str, broken: str, tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    patch = ROOT / "tests" / "mutants" / f"{mutant}.patch"
    # The ceiling keeps git from taking the copy for a part of a repository further up.
    environment = os.environ | {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent), "PYTHONPATH": str(tmp_path)}
    subprocess.run(["git", "apply", str(patch)], cwd=tmp_path, env=environment, check=True)
    main = [sys.executable, "-c", "from swarmsim.cli import main; main()"]
    command = [*main, "run", "--json", f"scenarios/{name}.yaml"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended.returncode == 1, ended.stderr
    [seed] = json.loads(ended.stdout)[0]["seeds"]
    violated = [verdict["name"] for verdict in seed["verdicts"] if verdict["ruling"] == "violated"]
    assert any(broken in expectation for expectation in violated), violated


def read_stack(name: str, files: tuple[str, ...]) -> Stack:
    return load_stack([DIRECTORY / file for file in files], name=name, environment={}, bind_mounts_from="/")
