"""Another manager takes over a swarm that it needs many steps to learn."""

import pytest
from swarm import Swarm, three_managers

from core import parts
from core.objects.config import ConfigSpec
from core.objects.service import Replicated, ServiceSpec
from core.objects.task import ContainerSpec, TaskSpec, TaskState
from core.operations import CreateConfig, CreateService, Kind, ListObjects
from core.raft.effects import Applied, Result
from core.timing import LAN, MS, SECOND

TASK_COUNT = 150


def loaded_swarm() -> Swarm:
    swarm = three_managers()
    spec = ServiceSpec("web", TaskSpec(ContainerSpec("image")), mode=Replicated(TASK_COUNT))
    swarm.done("m1", CreateService(spec))
    swarm.world.run_for(5 * SECOND)
    return swarm


def time_to_write_after_losing_the_leader(swarm: Swarm) -> int:
    leader = swarm.leader()
    survivor = next(name for name in ("m1", "m2", "m3") if name != leader)
    answers: list[Result] = []
    killed_at = swarm.world.now
    swarm.world.kill(leader)
    swarm.world.run_for(LAN.raft.election_min_ns)
    attempt = 0
    while not any(isinstance(answer, Applied) for answer in answers):
        assert swarm.world.now - killed_at < 10 * SECOND
        attempt += 1
        swarm.world.request(survivor, CreateConfig(ConfigSpec(f"config-{attempt}", b"data")), answers.append)
        swarm.world.run_for(10 * MS)
    return swarm.world.now - killed_at


def test_learning_it_in_many_steps_makes_the_swarm_no_longer_without_a_leader(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_once = time_to_write_after_losing_the_leader(loaded_swarm())
    monkeypatch.setattr(parts, "OBJECTS_PER_PART", 1)
    in_parts = time_to_write_after_losing_the_leader(loaded_swarm())
    assert in_parts - at_once <= 20 * MS  # 1,500 steps of a microsecond, and the grain of this measurement


def test_what_is_asked_for_while_the_new_leader_learns_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    swarm = loaded_swarm()
    monkeypatch.setattr(parts, "OBJECTS_PER_PART", 1)
    leader = swarm.leader()
    swarm.world.kill(leader)
    survivors = [name for name in ("m1", "m2", "m3") if name != leader]

    def learning() -> list[str]:
        rafts = [(name, swarm.host(name).machines.raft) for name in survivors]
        return [name for name, raft in rafts if raft is not None and raft.leader_id == raft.id and not raft.leading]

    for _ in range(100_000):
        if learning():
            break
        swarm.world.run_for(20_000)
    (new_leader,) = learning()
    assert not swarm.host(new_leader).leading
    answers: list[Result] = []
    for name in survivors:
        swarm.world.request(name, CreateConfig(ConfigSpec(name, b"data")), answers.append)
        swarm.world.request(name, ListObjects(Kind.TASK), answers.append)
    swarm.world.run_for(1 * SECOND)
    assert [type(answer) for answer in answers] == [Applied] * 4
    swarm.until(lambda: swarm.leader() == new_leader, "somebody else leads")
    tasks = swarm.done(new_leader, ListObjects(Kind.TASK))
    assert sum(task.status.state is TaskState.RUNNING for task in tasks) == TASK_COUNT
