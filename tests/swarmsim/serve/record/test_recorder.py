"""What was done to a served cluster is recorded, and happens again when the story is played."""

import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from command_output import command, told
from docker.types import EndpointSpec, ServiceMode
from served import Served, served, swarm

from core.objects.network import NetworkSpec
from core.operations import CreateNetwork
from core.timing import SECOND
from core.trials.faults import Kill
from swarmsim.cli.recording import told_of
from swarmsim.scenario.loader import load
from swarmsim.scenario.plan import ClusterPlan, Scenario
from swarmsim.serve.cluster import start
from swarmsim.serve.faults import Faults
from swarmsim.serve.place import DIRECTORY_VARIABLE
from swarmsim.serve.record.recorder import Recorder
from swarmsim.serve.record.story import Saved, Story


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path / "s.yaml", Scenario("s", "", ClusterPlan(3, 1), 0))


def session(cluster: Served) -> None:
    """Somebody at a terminal."""
    client: Any = cluster.client("m1")
    try:
        secret = client.secrets.create(name="pw", data=b"hush")
        assert secret.id
        network = client.networks.create("net", driver="overlay")
        web = client.services.create(
            "nginx:1",
            name="web",
            networks=[network.id],
            mode=ServiceMode("replicated", replicas=2),
            endpoint_spec=EndpointSpec(ports={8080: 80}),
        )
        web.reload()
        web.scale(3)
        web.reload()
        web.update(image="nginx:2", networks=[network.id])
        client.services.create("redis", name="cache").remove()
        worker = client.nodes.list(filters={"role": "worker"})[0]
        worker.update({**worker.attrs["Spec"], "Availability": "drain"})
    finally:
        client.close()


def test_a_session_is_recorded_and_plays_again(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    with served(tmp_path, swarm(3, 1), story=story) as cluster:
        session(cluster)
        told("machine", "stop", "w1")
        told("fault", "loss", "1%")
        told("fault", "pause", "m3")
        told("fault", "resume")
        told("fault", "end", "all")
        told("machine", "start", "w1")
    texts = [step.text.partition(":")[0] for step in load(story.file).timeline]
    assert texts == [
        *("deploy", "deploy", "deploy", "scale", "update", "deploy", "remove-service", "drain"),
        *("kill-daemon", "kill", "loss", "pause", "resume"),
    ]
    assert "#" not in story.file.read_text()
    lost = load(story.file).timeline[10]
    assert lost.until_ns is not None, "it was ended"
    assert lost.until_ns > lost.at_ns
    ended = command("run", str(story.file), "--out", str(tmp_path / "out"))
    assert (ended.code, ended.err) == (0, "")
    assert "held" in ended.out


def test_what_was_refused_or_had_nothing_to_put_right_is_not_recorded(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    with served(tmp_path, swarm(3, 1), story=story) as cluster:
        client: Any = cluster.client("w1")
        assert client.info()["Swarm"]["LocalNodeState"] == "active"
        with pytest.raises(Exception, match="not a swarm manager"):
            client.services.create("nginx", name="web")
        client.close()
        assert command("fault", "lose-disk", "m1", "m2").code == 2
        told("fault", "heal", "all")
        told("fault", "kill", "w1")
        told("fault", "repair-disk")
    assert [step.text for step in load(story.file).timeline] == ["kill: w1"]
    assert "#" not in story.file.read_text()


def test_who_was_hit_is_hit_again_and_a_reboot_is_told_in_full(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    with served(tmp_path, swarm(3, 1), story=story) as cluster:
        leader = cluster.world.leader()
        told("fault", "restart", "w1")
        told("fault", "isolate", "leader")
        told("fault", "kill", "1 worker")
    texts = [step.text for step in load(story.file).timeline]
    assert texts == ["kill: w1", "restart: w1", f"isolate: {leader}", "kill: w1"]


def test_what_nobody_was_answered_stays_in_doubt(story: Story) -> None:
    world = start(swarm(3), 1, 0, lambda text: None)
    recorder = Recorder(world, Faults(world), story, world.now_ns)
    leader = world.leader()
    assert leader is not None
    withdraw = world.submit(leader, CreateNetwork(NetworkSpec("net")), lambda result: None)
    withdraw()
    world.run_until(world.now_ns + 5 * SECOND)
    recorder.save()
    assert recorder.saved.unsaid == ("deploy net, if that was done: nobody waited for the answer",)
    world.submit(leader, CreateNetwork(NetworkSpec("other")), lambda result: None)
    world.run_until(world.now_ns + 5 * SECOND)
    recorder.save()
    assert [step.text.split(",")[0] for step in load(story.file).timeline] == ["deploy: {name: other"]
    assert len(recorder.saved.unsaid) == 1


def test_an_outcome_that_nobody_knows_is_a_remark(story: Story) -> None:
    world = start(swarm(3), 1, 0, lambda text: None)
    recorder = Recorder(world, Faults(world), story, world.now_ns)
    leader = world.leader()
    assert leader is not None
    world.submit(leader, CreateNetwork(NetworkSpec("net")), lambda result: None)
    world.apply(Kill((leader,)))
    world.run_until(world.now_ns + 5 * SECOND)
    recorder.save()
    [remark] = recorder.saved.unsaid
    assert remark.startswith("deploy net, if that was done: ")
    assert "nobody waited" not in remark


def test_a_command_serves_and_records_until_it_is_told_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    line = ["serve", "--managers", "1", "--workers", "1", "--speed", "max", "--record", str(tmp_path / "s.yaml")]
    main = [sys.executable, "-c", "from swarmsim.cli import main; main()"]
    with subprocess.Popen([*main, *line], stdout=PIPE, stderr=PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("2 simulated hosts in one swarm")
            told("fault", "kill", "w1")
        finally:
            process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert said.splitlines()[-1] == f"recorded 1 step; play them again with: swarmsim run {tmp_path / 's.yaml'}"
    [step] = load(tmp_path / "s.yaml").timeline
    assert step.text == "kill: w1"
    assert step.at_ns > 0


def test_it_is_told_what_came_of_it() -> None:
    assert told_of(Path("s.yaml"), Saved(1, ())) == "recorded 1 step; play them again with: swarmsim run s.yaml"
    told = told_of(Path("s.yaml"), Saved(2, tuple(f"thing {number}" for number in range(22)))).splitlines()
    assert told[0].startswith("recorded 2 steps")
    assert told[1] == "22 more could not be said in a scenario, and stand there as comments:"
    assert (told[2], told[-1]) == ("  thing 0", "  and 2 more")


def test_a_story_begins_with_a_swarm(tmp_path: Path) -> None:
    ended = command("serve", "--bare", "2", "--record", str(tmp_path / "s.yaml"))
    assert ended.code == 2
    assert "a story begins with a swarm; leave out --bare" in ended.err


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "s.yaml").write_text("name: mine")
    ended = command("serve", "--record", str(tmp_path / "s.yaml"))
    assert ended.code == 2
    assert "is there already" in ended.err
    assert (tmp_path / "s.yaml").read_text() == "name: mine"
