"""What a new leader finds again does not depend on how the work is cut, and what it looks at neither."""

from random import Random

import pytest
from leading_head import WALL_NS, Swarm, node_of, task_spec
from leading_manager import SELF, Leader

from core import parts
from core.manager import draft
from core.manager.control_loops import ControlLoops
from core.manager.draft import Draft
from core.manager.manager import Manager, reconcilers_of
from core.manager.wall import Wall
from core.objects.network import NetworkSpec, Subnet
from core.objects.node import Availability, NodeState
from core.objects.port import PortConfig
from core.objects.service import EndpointSpec, Global, Replicated, ServiceSpec
from core.objects.task import NetworkTarget, TaskSpec, TaskState
from core.operations import CreateNetwork, CreateService, Kind, Remove
from core.parts import finish
from core.store import Transaction
from core.timing import LAN, SECOND


def with_network(spec: TaskSpec, network_id: str) -> TaskSpec:
    return TaskSpec(spec.container, networks=(NetworkTarget(network_id),))  # type: ignore[arg-type]


def busy_swarm(seed: int) -> Swarm:
    """A swarm in the middle of things: tasks of every state, a node down, one drained, one new, a scaling under way."""
    swarm = Swarm(workers=4, seed=seed)
    rng = Random(seed)
    network_id = swarm.ask(CreateNetwork(NetworkSpec("net", subnets=(Subnet("10.9.0.0/24"),))))
    assert isinstance(network_id, str)
    swarm.create("web", with_network(task_spec(), network_id), Replicated(12))
    swarm.create("db", task_spec(), Replicated(5), endpoint=EndpointSpec(ports=(PortConfig(80, 8080),)))
    swarm.create("everywhere", task_spec(constraints=("node.hostname != w1",)), Global())
    for task in rng.sample(swarm.running("web"), 4):
        swarm.report(task, rng.choice((TaskState.FAILED, TaskState.COMPLETE)))
    swarm.settle(agents=rng.random() < 0.5)
    swarm.set_state("w2", NodeState.DOWN)
    swarm.update_node("w3", availability=Availability.DRAIN)
    swarm.put(node_of("w5"))
    swarm.ask(CreateService(ServiceSpec("late", task_spec(), mode=Replicated(7))))
    if rng.random() < 0.5:
        swarm.ask(Remove(Kind.SERVICE, "db"))
    return swarm


def transactions_of_a_new_leader(swarm: Swarm, count: int = 50) -> list[Transaction]:
    """What it writes until it rests, if agents say nothing."""
    head = swarm.committed.copy()
    now = swarm.now
    loops = ControlLoops(reconcilers_of(head, LAN, Random(7), Wall(WALL_NS)))
    finish(loops.rebuild(now))
    written: list[Transaction] = []
    for _ in range(count):
        transaction = loops.run(now, Draft(head, head.index + 1, WALL_NS + now))
        if transaction is not None:
            written.append(transaction)
        elif (at := loops.deadline(now)) is None or at > now:
            return written
    raise AssertionError("it does not come to rest")


@pytest.mark.parametrize("seed", range(6))
def test_what_is_learnt_part_by_part_is_what_is_learnt_at_once(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    swarm = busy_swarm(seed)
    monkeypatch.setattr(parts, "OBJECTS_PER_PART", 100_000)
    at_once = transactions_of_a_new_leader(swarm)
    assert at_once
    for part in (1, 3):
        monkeypatch.setattr(parts, "OBJECTS_PER_PART", part)
        assert transactions_of_a_new_leader(swarm) == at_once


@pytest.mark.parametrize("seed", range(3))
def test_looking_at_little_in_each_step_leads_to_the_same_rest(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft, "MAX_LOOKS", 1)
    swarm = busy_swarm(seed)
    swarm.lead()
    swarm.run_for(120 * SECOND)
    swarm.check()
    assert len(swarm.running("web")) == 12
    assert len(swarm.running("late")) == 7


def test_a_manager_gets_ready_in_as_many_steps_as_there_are_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "OBJECTS_PER_PART", 10)
    leader = Leader()
    step_counts = []
    for count in (20, 200):
        leader.ask(CreateService(ServiceSpec(f"s{count}", task_spec(), mode=Replicated(count))))
        manager = Manager(leader.store, LAN, Random(1), leader.now, WALL_NS, SELF, lambda: leader.now, leader.hears)
        steps = 1
        while not manager.prepare(leader.now):
            steps += 1
        manager.check_invariants()
        step_counts.append(steps)
    passes = (step_counts[1] - step_counts[0]) / (200 / 10)
    assert passes == round(passes)
    assert 1 <= passes <= 10


def test_what_is_committed_may_not_change_while_a_manager_gets_ready() -> None:
    leader = Leader()
    manager = Manager(leader.store, LAN, Random(1), leader.now, WALL_NS, SELF, lambda: leader.now, leader.hears)
    leader.ask(CreateService(ServiceSpec("web", task_spec())))
    with pytest.raises(AssertionError, match="not ready"):
        manager.prepare(leader.now)


def test_scaling_far_down_is_judged_once_and_again_when_other_tasks_change() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", task_spec(), Replicated(500))
    swarm.create("db", task_spec(), Replicated(3))
    swarm.scale("web", 100)
    assert len(swarm.running("web")) == 100
    service = swarm.service("web")
    places = swarm.places("web")
    assert max(places.values()) - min(places.values()) <= 1
    swarm.scale("web", 2)
    swarm.scale("web", 40)
    swarm.check()
    assert len(swarm.running("web")) == 40
    assert service.id == swarm.service("web").id
