"""What was done to a served cluster is recorded, and happens again when the story is played."""

from pathlib import Path
from typing import Any

import pytest
from command_output import command, told
from docker.types import EndpointSpec, ServiceMode
from served import Served, served, swarm

from swarmsim.cli.recording import told_of
from swarmsim.scenario.loader import load
from swarmsim.scenario.plan import ClusterPlan, Scenario
from swarmsim.serve.place import DIRECTORY_VARIABLE
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
            endpoint_spec=EndpointSpec(ports={8080: 80}),  # type: ignore[dict-item]
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


def test_what_was_refused_is_not_recorded(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    with served(tmp_path, swarm(3, 1), story=story) as cluster:
        client: Any = cluster.client("w1")
        assert client.info()["Swarm"]["LocalNodeState"] == "active"
        with pytest.raises(Exception, match="not a swarm manager"):
            client.services.create("nginx", name="web")
        client.close()
        assert command("fault", "lose-disk", "m1", "m2").code == 2
        told("fault", "heal", "all")
    assert load(story.file).timeline == ()


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
