"""Whom descriptions of hosts and tasks mean at one instant."""

from random import Random
from typing import Any

import pytest
from fake_world import FakeWorld
from msgspec.structs import replace

from core.ids import NodeId, ServiceId, TaskId
from core.objects import Task
from core.objects.task import ContainerSpec, TaskSpec, TaskState, TaskStatus
from core.phases import HostPhase
from core.store import Create, Store, Transaction
from core.trials.faults import Link
from swarmsim.player.roster import NobodyThereError, Roster, groups_parted, hosts_hit
from swarmsim.scenario import steps
from swarmsim.scenario.targets import (
    Group,
    Host,
    HostGroup,
    HostOf,
    HostTarget,
    Rack,
    Several,
    Some,
    TaskTarget,
)
from swarmsim.world import Power

LEADER, MANAGERS = Group(HostGroup.LEADER), Group(HostGroup.MANAGERS)


@pytest.fixture
def world() -> FakeWorld:
    """Three managers and two workers; m2 leads, w2 sits in rack b and is down."""
    world = FakeWorld("m1", "m2", "m3", "w1", "w2")
    _set(world, "m2", leads=True, term=4)
    _set(world, "w2", rack="b", power=Power.OFF)
    world.stores = {"m1": Store(), "m3": Store()}
    agents = (_task("vote_agent", 0, "m1"), _task("vote_agent", 0, "m3"))
    world.stores["m2"] = _store(
        _task("vote_web", 1, "w1"), _task("vote_web", 2, "m1"), _task("vote_db", 1, "w1"), *agents
    )
    return world


@pytest.fixture
def roster(world: FakeWorld) -> Roster:
    return Roster(world, Random(1))


def _set(world: FakeWorld, host: str, **changes: Any) -> None:
    world.statuses[host] = replace(world.statuses[host], **changes)


def _task(service: str, slot: int, host: str) -> Task:
    return Task(
        TaskId(f"{service}.{slot or host}"),
        ServiceId(service),
        slot,
        TaskSpec(ContainerSpec("image")),
        1,
        NodeId(f"node-{host}"),
        service_name=service,
        status=TaskStatus(TaskState.RUNNING),
        version=1,
    )


def _store(*tasks: Task) -> Store:
    store = Store()
    store.apply(1, Transaction(tuple(Create(task) for task in tasks), 1))
    return store


@pytest.mark.parametrize(
    ("target", "hosts"),
    [
        (Host("w2"), ["w2"]),
        (LEADER, ["m2"]),
        (Group(HostGroup.FOLLOWERS), ["m1", "m3"]),
        (MANAGERS, ["m1", "m2", "m3"]),
        (Group(HostGroup.WORKERS), ["w1"]),
        (Group(HostGroup.UP), ["m1", "m2", "m3", "w1"]),
        (Group(HostGroup.ALL), ["m1", "m2", "m3", "w1", "w2"]),
        (Group(HostGroup.PAUSED), []),
        (Rack("b"), ["w2"]),
        (HostOf(TaskTarget("vote_web", slot=2)), ["m1"]),
        (HostOf(TaskTarget("vote_agent", host="m3")), ["m3"]),
        (HostOf(TaskTarget("vote_web")), ["w1", "m1"]),
        (Several((Host("w1"), LEADER, Host("w1"))), ["w1", "m2"]),
        (Some(3, HostGroup.MANAGERS), ["m1", "m2", "m3"]),
        (Some(1, HostGroup.MANAGERS, including=LEADER), ["m2"]),
        (Some(2, HostGroup.MANAGERS, excluding=LEADER), ["m1", "m3"]),
    ],
)
def test_a_target_is_looked_up(roster: Roster, target: HostTarget, hosts: list[str]) -> None:
    assert list(roster.hosts(target)) == hosts


def test_a_locked_manager_is_no_worker_and_none_of_those_who_manage(world: FakeWorld, roster: Roster) -> None:
    _set(world, "m3", phase=HostPhase.LOCKED, raft_id="")
    del world.stores["m3"]
    locked, managers, workers = (Group(group) for group in (HostGroup.LOCKED, HostGroup.MANAGERS, HostGroup.WORKERS))
    assert [roster.hosts(group) for group in (locked, managers, workers)] == [("m3",), ("m1", "m2"), ("w1",)]
    assert roster.with_power().hosts(managers) == ("m1", "m2", "m3")


def test_a_draw_always_holds_whom_it_must_include(roster: Roster) -> None:
    for _ in range(20):
        drawn = roster.hosts(Some(2, HostGroup.MANAGERS, including=LEADER))
        assert len(drawn) == 2
        assert "m2" in drawn


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        (Host("m9"), "there is no host m9"),
        (Some(4, HostGroup.MANAGERS), "4 managers wanted, there are 3"),
        (HostOf(TaskTarget("vote_api")), "vote_api has no task"),
        (HostOf(TaskTarget("vote_agent", host="w1")), "vote_agent has no task that is meant to run on w1"),
    ],
)
def test_who_is_not_there_cannot_be_hit(roster: Roster, target: HostTarget, complaint: str) -> None:
    with pytest.raises(NobodyThereError, match=complaint):
        roster.hosts(target)


def test_without_a_leader_none_can_be_included(world: FakeWorld, roster: Roster) -> None:
    _set(world, "m2", leads=False)
    with pytest.raises(NobodyThereError, match="there is no leader now"):
        roster.hosts(Some(2, HostGroup.MANAGERS, including=LEADER))


def test_a_deposed_leader_that_has_not_heard_of_it_does_not_count(world: FakeWorld) -> None:
    _set(world, "m3", leads=True, term=5)
    assert world.leader() == "m3"
    _set(world, "m3", power=Power.PAUSED)
    assert world.leader() == "m2"


def test_a_resolved_action_holds_names_only(roster: Roster) -> None:
    action = roster.resolve(steps.SlowLink(Link(LEADER, Group(HostGroup.FOLLOWERS)), latency_ns=5))
    assert action == steps.SlowLink(Link(("m2",), ("m1", "m3")), latency_ns=5)
    assert hosts_hit(action) == ("m2", "m1", "m3")


def test_a_bridge_without_groups_halves_the_others(roster: Roster) -> None:
    action = roster.resolve(steps.Bridge(LEADER))
    assert action == steps.Bridge(("m2",), (("m1", "w1"), ("m3", "w2")))


@pytest.mark.parametrize(
    ("action", "groups", "others"),
    [
        (steps.Partition((("m2",), ("m1", "m3"))), (("m2",), ("m1", "m3")), ("w1", "w2")),
        (steps.Partition((("m2", "w1"), ())), (("m2", "w1"),), ("m1", "m3", "w2")),
        (steps.Bridge(("m3",), (("m1",), ("m2",))), (("m1",), ("m2",)), ("w1", "w2")),
        (steps.Isolate(("m1",)), (), ()),
    ],
)
def test_hosts_that_a_partition_does_not_name_are_a_group_of_their_own(
    action: steps.Resolved, groups: tuple[tuple[str, ...], ...], others: tuple[str, ...]
) -> None:
    assert groups_parted(action, ("m1", "m2", "m3", "w1", "w2")) == (groups, others)


def test_nobody_is_on_two_sides_of_a_partition(roster: Roster) -> None:
    with pytest.raises(NobodyThereError, match="m2 would be in two groups"):
        roster.resolve(steps.Partition((LEADER, Several((Host("m1"), Host("m2"))))))


def test_some_tasks_are_drawn_at_random(roster: Roster) -> None:
    drawn = {roster.tasks(TaskTarget("vote_web", count=1))[0] for _ in range(30)}
    assert drawn == {("w1", "vote_web.1"), ("m1", "vote_web.2")}


def test_only_hosts_in_a_rack_have_a_cable_to_break(roster: Roster) -> None:
    broken = roster.resolve(steps.BreakCable(Several((Host("w1"), Host("w2")))))
    assert broken == steps.BreakCable(("w2",))


@pytest.mark.parametrize(
    ("target", "hosts"),
    [
        (MANAGERS, ["m1", "m2", "m3"]),
        (Group(HostGroup.ALL), ["m1", "m2", "m3"]),
        (Group(HostGroup.FOLLOWERS), ["m1", "m3"]),
        (Group(HostGroup.UP), ["m1", "m2", "m3", "w1"]),
        (Group(HostGroup.WORKERS), ["w1"]),
    ],
)
def test_an_expectation_means_hosts_that_boot_as_well(
    world: FakeWorld, roster: Roster, target: HostTarget, hosts: list[str]
) -> None:
    _set(world, "m3", power=Power.NO_DAEMON)
    assert list(roster.with_power().hosts(target)) == hosts
    _set(world, "m3", power=Power.OFF)
    assert list(roster.with_power().hosts(target)) == [host for host in hosts if host != "m3"]


def test_who_joined_and_who_left_is_the_same_for_expectations(roster: Roster) -> None:
    view = roster.with_power()
    roster.gone["m1"] = roster.joined["m3"] = None
    assert view.hosts(MANAGERS) == ("m2", "m3")
    assert view.hosts(Group(HostGroup.JOINED)) == ("m3",)
