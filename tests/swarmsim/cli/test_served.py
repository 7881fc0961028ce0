"""Commands that speak to a cluster while it is served, and what they say when none is."""

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_output import command, rows, told
from served import Served, served, swarm

from swarmsim.serve.faults import VERBS_OF_FAULTS
from swarmsim.serve.place import DIRECTORY_VARIABLE


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("s"), swarm(3, 1)) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def whole_again(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands find the cluster by themselves, and it is as it was when the test ends."""
    if "cluster" not in request.fixturenames:
        yield
        return
    cluster: Served = request.getfixturevalue("cluster")
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(cluster.places["m1"].socket.parent))
    yield
    told("fault", "end", "all")
    told("machine", "start", *cluster.places)


def states() -> dict[str, str]:
    """Each machine's state, and what it is in its swarm."""
    machines = map(json.loads, told("machine", "ls", "--format", "json").splitlines())
    return {machine["name"]: f"{machine['state']} {machine['swarm']}" for machine in machines}


# --- machines


def test_machines_are_listed(cluster: Served) -> None:
    found = {row[0]: row[1:] for row in rows(told("machine", "ls"))}
    assert list(found) == ["m1", "m2", "m3", "w1"]
    assert sorted(row[1] for row in found.values()) == ["leader", "manager", "manager", "worker"]
    assert found["w1"] == ["running", "worker", "198.18.0.4", cluster.places["w1"].docker_host]
    assert told("machine", "ls", "-q").split() == list(found)
    assert told("machine", "ip", "m2") == "198.18.0.2\n"
    assert told("machine", "url", "m2") == f"{cluster.places['m2'].docker_host}\n"


def test_machines_are_switched_off_and_on(cluster: Served) -> None:
    assert told("machine", "stop", "w1") == "w1: stopped (stopped)\n"
    assert told("machine", "kill", "m2") == "m2: killed (stopped)\n"
    assert (states()["w1"], states()["m2"]) == ("stopped -", "stopped -")
    assert told("machine", "start", "m2", "w1") == "m2: started (running)\nw1: started (running)\n"
    assert told("machine", "restart", "w1") == "w1: restarted (running)\n"


def test_a_name_that_is_none_is_refused_before_anything_is_done(cluster: Served) -> None:
    ended = command("machine", "kill", "w1", "w7")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "error: there is no machine 'w7'; did you mean 'w1'? There are m1, m2, m3, w1\n"
    assert states()["w1"] == "running worker"


def test_a_shell_is_told_where_docker_is_to_look(cluster: Served) -> None:
    script = f'{told("machine", "env", "m2", "--shell", "bash")}printf %s "$DOCKER_HOST"'
    shown = subprocess.run(["/bin/sh", "-c", script], check=True, capture_output=True, text=True)
    assert shown.stdout == cluster.places["m2"].docker_host
    script = f'DOCKER_HOST=x; {told("machine", "env", "-u", "--shell", "bash")}printf %s "$DOCKER_HOST"'
    assert subprocess.run(["/bin/sh", "-c", script], check=True, capture_output=True, text=True).stdout == ""


@pytest.mark.parametrize(
    ("shell", "sets", "unsets"),
    [
        ("sh", 'export DOCKER_HOST="%s"', "unset DOCKER_HOST"),
        ("fish", 'set -gx DOCKER_HOST "%s";', "set -e DOCKER_HOST;"),
        ("cmd", "SET DOCKER_HOST=%s", "SET DOCKER_HOST="),
        ("powershell", '$Env:DOCKER_HOST = "%s"', "Remove-Item Env:\\DOCKER_HOST"),
    ],
)
def test_each_shell_has_its_words(cluster: Served, shell: str, sets: str, unsets: str) -> None:
    first, hint = told("machine", "env", "--shell", shell, "m1").splitlines()
    assert first == sets % cluster.places["m1"].docker_host
    assert f"swarmsim machine env --shell {shell} m1" in hint
    assert told("machine", "env", "--shell", shell, "--unset").splitlines()[0] == unsets


def test_the_shell_is_the_users_own(cluster: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    assert told("machine", "env", "m1").startswith("set -gx ")
    monkeypatch.setenv("SHELL", "/bin/unheard-of")
    assert told("machine", "env", "m1").startswith("export ")
    assert "a machine is needed" in command("machine", "env").err


# --- faults


def test_a_fault_is_done_listed_and_ended(cluster: Served) -> None:
    said = told("fault", "kill", "1 worker")
    number = said.rpartition("swarmsim fault end ")[2].split()[0]
    assert said == f"kill: {{workers: 1}} on w1; swarmsim fault end {number} takes it back\n"
    [row] = rows(told("fault", "ls"))
    assert row[:3] == [number, "kill: {workers: 1}", "w1"]
    assert states()["w1"] == "stopped -"
    assert told("fault", "end", number) == f"ended {number}: kill: {{workers: 1}}\n"
    assert list(rows(told("fault", "ls"))) == []


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("partition m1,w1 / m2,m3", "partition: [[m1, w1], [m2, m3]]"),
        ("slow-link m1 m2 --latency 50ms", "slow-link: [m1, m2], latency: 50ms"),
        ("loss 10% --on '[m1, m2]'", "loss: 10%, on: [m1, m2]"),
        ("loss 5%", "loss: 5%"),
        ("skew-clock m1 --by -2s", "skew-clock: m1, by: -2s"),
        ("isolate w1 --for 3m", "isolate: w1"),
    ],
)
def test_a_line_is_the_step_that_a_scenario_has(cluster: Served, line: str, text: str) -> None:
    told("fault", *shlex.split(line))
    [row] = rows(told("fault", "ls"))
    assert row[1] == text


def test_what_puts_right_says_whether_it_did(cluster: Served) -> None:
    assert told("fault", "resume") == "resume: paused: there was nothing to put right\n"
    told("fault", "pause", "m2")
    assert states()["m2"].startswith("paused")
    assert told("fault", "resume") == "resume: paused on m2\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("kill m9", "error: kill: there is no host 'm9'; there are m1..m3 and w1\n"),
        (
            "lose-disk m1 m2",
            "error: it would take what a majority of managers holds, and with it what was",
        ),
        ("crash-task web.1", "error: crash-task: there is no service 'web', nor any other\n"),
        ("kill joined", "error: kill: joined fits nobody now\n"),
        ("end 999", "error: no fault has the number 999, nor any other\n"),
        ("slow-link m1 --latency 5ms", "error: slow-link needs the two ends of a link, such as: swarmsim fault slow-"),
        ("skew-clock m9 --by x", "error: skew-clock: there is no host 'm9'; there are m1..m3 and w1\nerror: by: 'x' "),
        ("kill m1 --by 3s", "error: kill takes no --by; it takes --for\n"),
    ],
)
def test_what_cannot_be_done_is_told(cluster: Served, line: str, message: str) -> None:
    ended = command("fault", *line.split())
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(message)
    assert list(rows(told("fault", "ls"))) == []


def test_every_fault_is_named_with_its_meaning() -> None:
    lines = told("fault", "--list").splitlines()
    assert [line.split()[0] for line in lines] == list(VERBS_OF_FAULTS)
    assert "_ns" not in "".join(lines), "keys are named as they are written"
    assert "slow-link" in told("fault", "--help")
    assert "For example: swarmsim fault flap m1 w1 --every 500ms" in told("fault", "flap", "--help")
    assert "kill" in told("fault")


# --- top


def test_a_picture_is_printed_where_nobody_watches(cluster: Served) -> None:
    told("fault", "kill", "w1")
    lines = [line.split() for line in told("top").splitlines() if line]
    assert lines[0][2:6] == ["3", "of", "4", "hosts"]
    assert lines[1][0] == "HOST"
    assert [line[0] for line in lines[2:6]] == ["m1", "m2", "m3", "w1"]
    assert lines[5][1] == "stopped"
    assert lines[6:] == [["FAULT"], ["kill:", "w1"]]
    assert len([line for line in told("top", "--once").splitlines() if line]) == len(lines)


# --- no cluster


@pytest.mark.parametrize(
    "line",
    [
        "machine ls",
        "machine env m1",
        "machine ip m1",
        "machine stop m1",
        "fault ls",
        "fault end all",
        "fault kill m1",
        "top",
    ],
)
def test_without_a_cluster_it_is_said_how_to_start_one(line: str, tmp_path: Path) -> None:
    ended = command(*line.split(), "--socket-dir", str(tmp_path))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        f"error: no cluster is served from {tmp_path}; start one with 'swarmsim serve', "
        "or name its directory with --socket-dir\n"
    )
