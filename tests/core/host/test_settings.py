"""What an operator sets for the whole swarm is followed by every host from then on."""

from typing import Any

from msgspec.structs import replace
from swarm import Swarm, formed, three_managers

from core.facts import SessionLost
from core.messages import Beat
from core.objects.cluster import Cluster
from core.objects.config import ConfigSpec
from core.operations import CreateConfig, Inspect, Kind, UpdateCluster
from core.raft.effects import Send, SnapshotRestored, SnapshotTaken
from core.timing import LAN, SECOND
from sim.observer import Observation


def change(swarm: Swarm, **settings: int) -> None:
    cluster: Cluster = swarm.done("m1", Inspect(Kind.CLUSTER, "default"))
    swarm.done("m1", UpdateCluster(cluster.version, replace(cluster.spec, **settings)))


def hosts_with(swarm: Swarm, kind: type[Any]) -> list[str]:
    """The hosts that tell a fact of this kind from here on; the list grows."""
    hosts: list[str] = []

    def note(observation: Observation) -> None:
        if isinstance(observation.fact, kind):
            hosts.append(observation.host)

    swarm.world.observer.on_fact(note)
    return hosts


def write(swarm: Swarm, count: int) -> None:
    for number in range(count):
        swarm.done("m1", CreateConfig(ConfigSpec(f"c{swarm.world.now}-{number}", b"x")))


def test_how_often_snapshots_are_taken() -> None:
    swarm = three_managers()
    taken = hosts_with(swarm, SnapshotTaken)
    write(swarm, 30)
    assert taken == []
    change(swarm, snapshot_interval=20)
    swarm.world.run_for(SECOND)
    assert sorted(taken) == ["m1", "m2", "m3"]  # more than twenty were applied already
    change(swarm, snapshot_interval=1000)
    write(swarm, 30)
    assert len(taken) == 3


def test_how_much_is_kept_for_slow_followers() -> None:
    swarm = three_managers()
    change(swarm, snapshot_interval=20, log_entries_for_slow_followers=60)
    restored = hosts_with(swarm, SnapshotRestored)
    for kept, needs_snapshot in ((60, False), (0, True)):
        change(swarm, log_entries_for_slow_followers=kept)
        swarm.world.kill("m3")
        write(swarm, 45)
        swarm.world.restart("m3")
        swarm.world.run_for(5 * SECOND)
        assert bool(restored) is needs_snapshot


def test_how_often_agents_beat_and_how_long_their_silence_may_last() -> None:
    swarm = formed(1, 1)
    period_ns = 5 * SECOND
    change(swarm, heartbeat_period_ns=period_ns)
    swarm.world.run_for(2 * period_ns)
    beats: list[int] = []

    def note(at: int, machine: str, event: object, effects: Any) -> None:
        sent = (effect.message for effect in effects if type(effect) is Send and machine == "w1")
        beats.extend(at for message in sent if type(message) is Beat)

    swarm.world.observer.on_step(note)
    lost = hosts_with(swarm, SessionLost)
    swarm.world.run_for(20 * period_ns)
    assert 17 <= len(beats) <= 23
    swarm.world.kill("w1")
    swarm.world.run_for((LAN.dispatcher.grace_factor - 2) * period_ns)
    assert lost == []
    swarm.world.run_for(3 * period_ns)
    assert lost == ["m1"]
