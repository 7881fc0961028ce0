"""A swarm begun anew by one manager (`InitSwarm` with `force_new_cluster`), whoever of the others comes back later."""

from random import Random
from typing import Any

import pytest
from swarm import Swarm, formed, three_managers
from swarm_operations import add_newcomer, cluster_of, refusal, set_autolock, set_role

from core.durability import Persist, Stream
from core.durable import replay
from core.effects import Effect
from core.events import Event
from core.facts import BegunAnew
from core.host import Host
from core.ids import Address
from core.objects.config import ConfigSpec
from core.objects.node import NodeState, Role
from core.objects.service import Replicated, ServiceSpec
from core.objects.task import ContainerSpec, TaskSpec, TaskState
from core.operations import CreateConfig, CreateService, ErrorCode, InitSwarm, Inspect, JoinSwarm, Kind, ListObjects
from core.phases import HostPhase
from core.raft.effects import Applied, OutcomeUnknown, Refused, Send
from core.raft.events import Received, Tick
from core.raft.messages import GroupEnded
from core.raft.renewal import GROUP_SPAN, group_of
from core.timing import MS, SECOND
from core.trials.faults import Partition
from sim.injection import Injector
from sim.observer import Observation


def force(swarm: Swarm, name: str) -> None:
    node_id = swarm.host(name).node_id
    init = InitSwarm(swarm.world.machine(name).address, force_new_cluster=True)
    assert swarm.done(name, init) == node_id


def write(swarm: Swarm, by: str, name: str) -> None:
    swarm.done(by, CreateConfig(ConfigSpec(name, b"x")))


def configs(swarm: Swarm, by: str) -> list[str]:
    return [config.spec.name for config in swarm.done(by, ListObjects(Kind.CONFIG))]


def group_at(swarm: Swarm, name: str) -> int:
    raft = swarm.host(name).machines.raft
    return group_of(raft.last_index) if raft is not None else -1


def ready(swarm: Swarm, by: str, name: str) -> bool:
    node = swarm.nodes(by)[swarm.host(name).node_id]
    return node.status.state is NodeState.READY


def lose_quorum(swarm: Swarm) -> None:
    """m2 and m3 lose power; m1 may have led or not."""
    swarm.world.kill("m2")
    swarm.world.kill("m3")
    swarm.world.run_for(2 * SECOND)
    assert type(swarm.ask("m1", CreateConfig(ConfigSpec("lost", b"x")))) is not Applied


class TestTheSurvivor:
    @pytest.mark.parametrize("restarts", [False, True])
    def test_is_the_only_manager_and_keeps_every_object(self, restarts: bool) -> None:
        swarm = three_managers()
        swarm.done("m2", CreateService(service()))
        for number in range(20):
            write(swarm, "m2", f"c{number}")
        swarm.world.run_for(SECOND)
        before = cluster_of(swarm, "m1")
        lose_quorum(swarm)
        if restarts:
            swarm.world.restart("m1")
            swarm.world.run_for(5 * SECOND)
        force(swarm, "m1")
        write(swarm, "m1", "after")
        assert configs(swarm, "m1")[:20] == [f"c{number}" for number in range(20)]
        assert configs(swarm, "m1")[-1] == "after"
        assert cluster_of(swarm, "m1") == before
        assert swarm.done("m1", Inspect(Kind.SERVICE, "web")).spec == service()
        assert swarm.voter_count("m1") == 1
        nodes = swarm.nodes("m1")
        assert {node.description.hostname: node.spec.role for node in nodes.values()} == {
            "m1": Role.MANAGER,
            "m2": Role.WORKER,
            "m3": Role.WORKER,
            "w1": Role.WORKER,
        }
        assert [node.description.hostname for node in nodes.values() if node.manager is not None] == ["m1"]

    def test_is_found_by_the_workers_whose_containers_never_stop(self) -> None:
        swarm = three_managers()
        swarm.done("m1", CreateService(service()))
        swarm.until(lambda: running_on(swarm, "w1") >= 1, "no task on w1")
        containers = {container.task_id for container in swarm.world.containers("w1")}
        lose_quorum(swarm)
        force(swarm, "m1")
        swarm.until(lambda: ready(swarm, "m1", "w1"), "w1 does not find m1")
        swarm.world.run_for(5 * SECOND)
        assert containers <= {container.task_id for container in swarm.world.containers("w1")}
        swarm.until(lambda: running_tasks(swarm, "m1") == 4, "the tasks of those that are lost do not run elsewhere")

    def test_goes_on_after_a_restart(self) -> None:
        swarm = three_managers()
        lose_quorum(swarm)
        force(swarm, "m1")
        write(swarm, "m1", "after")
        swarm.world.restart("m1")
        swarm.until(lambda: swarm.world.leader() == "m1", "m1 does not lead")
        assert "after" in configs(swarm, "m1")

    def test_begins_anew_as_often_as_it_must(self) -> None:
        swarm = three_managers()
        lose_quorum(swarm)
        group = 0
        for count in (1, 2, 3):
            force(swarm, "m1")
            write(swarm, "m1", f"after-{count}")
            assert group_at(swarm, "m1") > group
            group = group_at(swarm, "m1")
        assert configs(swarm, "m1")[-3:] == ["after-1", "after-2", "after-3"]

    def test_is_reached_where_it_says(self) -> None:
        swarm = three_managers()
        lose_quorum(swarm)
        elsewhere = Address("198.18.7.7:2377")
        swarm.done("m1", InitSwarm(elsewhere, force_new_cluster=True))
        swarm.until(lambda: swarm.world.leader() == "m1", "m1 does not lead")
        node = swarm.nodes("m1")[swarm.host("m1").node_id]
        assert node.manager is not None
        assert node.manager.address == elsewhere

    def test_answers_those_who_wait_for_the_group_that_has_ended(self) -> None:
        swarm = three_managers()
        swarm.world.kill("m2")
        swarm.world.kill("m3")
        answers: list[object] = []
        swarm.world.request("m1", CreateConfig(ConfigSpec("waiting", b"x")), answers.append)
        swarm.world.run_for(MS)
        force(swarm, "m1")
        swarm.until(lambda: bool(answers), "no answer")
        assert isinstance(answers[0], Refused | OutcomeUnknown)

    def test_says_what_may_be_lost(self) -> None:
        swarm = three_managers()
        seen: list[BegunAnew] = []

        def note(observation: Observation) -> None:
            if isinstance(observation.fact, BegunAnew):
                seen.append(observation.fact)

        swarm.world.observer.on_fact(note)
        write(swarm, "m1", "kept")
        swarm.world.run_for(SECOND)
        raft = swarm.host("m1").machines.raft
        assert raft is not None
        committed_index = raft.commit_index
        lose_quorum(swarm)
        force(swarm, "m1")
        [fact] = seen
        assert group_of(fact.index) == group_at(swarm, "m1") > 0
        assert fact.certain_index >= committed_index

    def test_with_its_whole_swarm_alive_just_has_fewer_managers(self) -> None:
        swarm = three_managers()
        write(swarm, "m1", "before")
        force(swarm, "m2")
        for name in ("m1", "m3"):
            swarm.until(lambda name=name: swarm.host(name).phase is HostPhase.WORKER, f"{name} is a manager still")
        swarm.until(lambda: all(ready(swarm, "m2", name) for name in ("m1", "m3", "w1")), "not all find m2")
        assert "before" in configs(swarm, "m2")


class TestACrashOnTheWay:
    def test_leaves_the_old_swarm_or_the_new_one(self) -> None:
        """Whatever prefix of the writes survives: the host starts, and is the member of one group or of the other."""
        swarm = Swarm("m1", "m2", "m3")
        records: list[tuple[Stream, Any]] = []

        def note(at: int, name: str, event: Event, effects: list[Effect]) -> None:
            records.extend((each.stream, each.record) for each in effects if type(each) is Persist and name == "m1")

        swarm.world.observer.on_step(note)
        swarm.form()
        write(swarm, "m1", "kept")
        swarm.world.run_for(SECOND)
        lose_quorum(swarm)
        before_count, before = len(records), swarm.host("m1").membership.identity.raft_id
        force(swarm, "m1")
        after = swarm.host("m1").membership.identity.raft_id
        seen = set()
        for count in range(before_count, len(records) + 1):
            start = swarm.world.config.settings
            host = Host.recover(start, replay(records[:count]), Random(count), 0)
            host.step(1, Tick())
            host.check_invariants(full=True)
            raft = host.machines.raft
            assert raft is not None
            seen.add(raft.id)
            if raft.id != before:
                assert raft.last_index >= GROUP_SPAN
                assert host.store is not None
                assert host.store.id_named(Kind.CONFIG, "kept") is not None
                assert [member.id for member in raft.members] == [raft.id]
        assert seen == {before, after}

    @pytest.mark.parametrize("delay_ns", [100_000, 500_000, MS, 2 * MS, 4 * MS])
    def test_is_got_over_by_asking_again(self, delay_ns: int) -> None:
        swarm = three_managers()
        write(swarm, "m1", "kept")
        swarm.world.run_for(SECOND)
        lose_quorum(swarm)
        init = InitSwarm(swarm.world.machine("m1").address, force_new_cluster=True)
        swarm.world.request("m1", init, lambda result: None)
        swarm.world.run_for(delay_ns)
        swarm.world.restart("m1")
        swarm.world.run_for(5 * SECOND)
        force(swarm, "m1")
        write(swarm, "m1", "after")
        assert {"kept", "after"} <= set(configs(swarm, "m1"))


class TestTheOthers:
    def test_that_come_back_become_workers_and_may_be_managers_again(self) -> None:
        """Two of three: they would be a majority of the group that has ended."""
        swarm = three_managers()
        lose_quorum(swarm)
        force(swarm, "m1")
        write(swarm, "m1", "after")
        for name in ("m2", "m3"):
            swarm.world.power_on(name)
        swarm.until(lambda: all_are_workers(swarm, "m2", "m3"), "they are managers still")
        swarm.until(lambda: ready(swarm, "m1", "m2") and ready(swarm, "m1", "m3"), "they do not find m1")
        for name in ("m2", "m3"):
            set_role(swarm, "m1", name, Role.MANAGER)
        swarm.until(lambda: swarm.voter_count("m1") == 3, "they do not vote")
        swarm.world.kill("m1")
        swarm.until(lambda: swarm.world.leader() is not None, "nobody leads")
        assert "after" in configs(swarm, swarm.leader())

    def test_that_lived_on_as_a_majority_are_dissolved_on_contact(self) -> None:
        swarm = formed(3, 2)
        write(swarm, "m1", "before")
        injector = Injector(swarm.world)
        partition = injector.start(Partition((("m1", "w1"), ("m2", "m3", "w2"))))
        swarm.world.run_for(3 * SECOND)
        write(swarm, "m2", "theirs")
        force(swarm, "m1")
        write(swarm, "m1", "ours")
        swarm.until(lambda: ready(swarm, "m1", "w1"), "w1 does not find m1")
        injector.end(partition)
        swarm.until(lambda: all_are_workers(swarm, "m2", "m3"), "they are managers still")
        swarm.until(lambda: all(ready(swarm, "m1", name) for name in ("m2", "m3", "w1", "w2")), "not all find m1")
        assert configs(swarm, "m1") == ["before", "ours"]

    def test_that_are_restarted_meanwhile_do_not_forget_that_it_has_ended(self) -> None:
        swarm = three_managers()
        lose_quorum(swarm)
        force(swarm, "m1")
        swarm.world.power_on("m2")
        swarm.until(lambda: all_are_workers(swarm, "m2"), "m2 is a manager still")
        swarm.world.run_for(SECOND)
        swarm.world.restart("m2")
        swarm.world.power_on("m3")
        swarm.until(lambda: all_are_workers(swarm, "m2", "m3"), "they are managers still")
        swarm.world.run_for(5 * SECOND)
        assert all_are_workers(swarm, "m2", "m3")
        assert swarm.world.leader() == "m1"

    def test_a_worker_that_knows_the_new_group_never_follows_the_old_one(self) -> None:
        swarm = formed(3, 1)
        lose_quorum(swarm)
        force(swarm, "m1")
        swarm.until(lambda: ready(swarm, "m1", "w1"), "w1 does not find m1")
        write(swarm, "m1", "after")
        swarm.world.run_for(SECOND)
        injector = Injector(swarm.world)
        partition = injector.start(Partition((("m1",), ("m2", "m3", "w1"))))
        for name in ("m2", "m3"):
            swarm.world.power_on(name)
        swarm.until(lambda: leads(swarm, "m2") or leads(swarm, "m3"), "they do not make a majority")
        swarm.world.run_for(10 * SECOND)
        agent = swarm.host("w1").machines.agent
        assert agent is not None
        assert agent.session_id is None, "it follows the group that has ended"
        injector.end(partition)
        swarm.until(lambda: all_are_workers(swarm, "m2", "m3"), "they are managers still")
        swarm.until(lambda: ready(swarm, "m1", "w1"), "w1 does not come back")


class TestTwoThatBeginApart:
    """m1 with w1 and m2 with w2 cannot reach each other, and m3 is lost."""

    def apart(self) -> Swarm:
        swarm = formed(3, 2)
        write(swarm, "m1", "before")
        swarm.world.kill("m3")
        self.injector = Injector(swarm.world)
        self.partition = self.injector.start(Partition((("m1", "w1"), ("m2", "w2"))))
        swarm.world.run_for(3 * SECOND)
        for name, worker in (("m1", "w1"), ("m2", "w2")):
            force(swarm, name)
            write(swarm, name, f"by-{name}")
            swarm.until(lambda name=name, worker=worker: ready(swarm, name, worker), "the worker does not find it")
        return swarm

    def test_share_no_term_and_no_index(self) -> None:
        swarm = self.apart()
        assert group_at(swarm, "m1") != group_at(swarm, "m2")
        assert min(group_at(swarm, "m1"), group_at(swarm, "m2")) > 0

    @pytest.mark.parametrize("restarted", ["", "m1", "m2"])
    def test_are_one_swarm_again_when_they_meet(self, restarted: str) -> None:
        swarm = self.apart()
        higher, lower = higher_and_lower(swarm)
        if restarted:
            swarm.world.restart(restarted)
            swarm.world.run_for(SECOND)
        self.injector.end(self.partition)
        swarm.until(lambda: all_are_workers(swarm, lower), f"{lower} is a manager still")
        swarm.until(lambda: all(ready(swarm, higher, name) for name in (lower, "w1", "w2")), f"not all find {higher}")
        assert configs(swarm, higher) == ["before", f"by-{higher}"]
        set_role(swarm, higher, lower, Role.MANAGER)
        swarm.until(lambda: swarm.voter_count(higher) == 2, "no manager again")

    def test_take_along_the_managers_that_the_lower_one_has_made(self) -> None:
        swarm = self.apart()
        higher, lower = higher_and_lower(swarm)
        worker = {"m1": "w1", "m2": "w2"}[lower]
        set_role(swarm, lower, worker, Role.MANAGER)
        swarm.until(lambda: swarm.voter_count(lower) == 2, "no second manager")
        self.injector.end(self.partition)
        swarm.until(lambda: all_are_workers(swarm, lower, worker), "they are managers still")
        swarm.until(lambda: all(ready(swarm, higher, name) for name in (lower, worker)), f"not all find {higher}")

    def test_are_followed_by_who_was_a_member_of_the_old_group(self) -> None:
        swarm = self.apart()
        higher, lower = higher_and_lower(swarm)
        swarm.world.power_on("m3")
        self.injector.end(self.partition)
        swarm.until(lambda: all_are_workers(swarm, lower, "m3"), "they are managers still")
        swarm.until(lambda: all(ready(swarm, higher, name) for name in (lower, "m3")), f"not all find {higher}")

    def test_say_no_more_to_those_that_have_come(self) -> None:
        swarm = self.apart()
        higher, lower = higher_and_lower(swarm)
        self.injector.end(self.partition)
        swarm.world.power_on("m3")
        swarm.until(lambda: all_are_workers(swarm, lower, "m3"), "they are managers still")
        swarm.until(lambda: all(ready(swarm, higher, name) for name in (lower, "m3")), f"not all find {higher}")
        said: list[Effect] = []

        def note(at: int, name: str, event: Event, effects: list[Effect]) -> None:
            said.extend(each for each in effects if type(each) is Send and type(each.message) is GroupEnded)

        swarm.world.observer.on_step(note)
        swarm.world.run_for(30 * SECOND)
        assert said == []

    def test_word_of_it_that_comes_late_ends_nothing(self) -> None:
        """A host that became a manager of the higher group meanwhile has an empty log, lower than any group."""
        swarm = self.apart()
        higher, lower = higher_and_lower(swarm)
        self.injector.end(self.partition)
        swarm.until(lambda: all_are_workers(swarm, lower), f"{lower} is a manager still")
        swarm.until(lambda: ready(swarm, higher, lower), f"{lower} does not find {higher}")
        set_role(swarm, higher, lower, Role.MANAGER)
        swarm.until(lambda: swarm.host(lower).phase is HostPhase.MANAGER, "no manager again")
        host, daemon = swarm.host(lower), swarm.world.machine(lower).daemon
        assert daemon is not None
        before = host.membership.identity.raft_id
        word = GroupEnded(group_at(swarm, higher))
        daemon.deliver(Received(swarm.host(higher).membership.identity.raft_id, host.node_id, word))
        swarm.world.run_for(SECOND)
        assert swarm.host(lower).membership.identity.raft_id == before


class TestWhoMayNot:
    def test_a_worker(self) -> None:
        swarm = three_managers()
        code, message = refusal(swarm, "w1", InitSwarm(swarm.world.machine("w1").address, force_new_cluster=True))
        assert (code, "already part of a swarm" in message) == (ErrorCode.UNAVAILABLE, True)

    def test_a_locked_manager(self) -> None:
        swarm = three_managers()
        set_autolock(swarm, "m1", True)
        swarm.world.restart("m1")
        swarm.world.run_for(5 * SECOND)
        code, message = refusal(swarm, "m1", InitSwarm(swarm.world.machine("m1").address, force_new_cluster=True))
        assert (code, "needs to be unlocked" in message) == (ErrorCode.UNAVAILABLE, True)

    def test_a_manager_that_has_heard_nothing_of_its_swarm(self) -> None:
        swarm = three_managers()
        add_newcomer(swarm, "m4")
        tokens = cluster_of(swarm, "m1").tokens
        machine = swarm.world.machine
        order = JoinSwarm(machine("m4").address, (machine(swarm.leader()).address,), tokens.manager)
        swarm.world.request("m4", order, lambda result: None)
        while swarm.host("m4").phase is not HostPhase.MANAGER:
            swarm.world.run_for(MS // 50)
        for name in ("m1", "m2", "m3"):
            swarm.world.kill(name)
        store = swarm.host("m4").store
        assert store is not None
        assert store.cluster is None
        init = InitSwarm(swarm.world.machine("m4").address, force_new_cluster=True)
        code, message = refusal(swarm, "m4", init)
        assert (code, "nothing to begin anew" in message) == (ErrorCode.UNAVAILABLE, True)
        assert swarm.host("m4").phase is HostPhase.MANAGER

    def test_a_host_in_no_swarm_just_founds_one(self) -> None:
        swarm = Swarm("m1")
        swarm.done("m1", InitSwarm(swarm.world.machine("m1").address, force_new_cluster=True))
        assert group_at(swarm, "m1") == 0


def service() -> ServiceSpec:
    return ServiceSpec("web", TaskSpec(ContainerSpec("image")), mode=Replicated(4))


def running_on(swarm: Swarm, name: str) -> int:
    return sum(container.running for container in swarm.world.containers(name))


def running_tasks(swarm: Swarm, by: str) -> int:
    tasks = swarm.done(by, ListObjects(Kind.TASK))
    return sum(task.status.state is TaskState.RUNNING and task.desired_state is TaskState.RUNNING for task in tasks)


def higher_and_lower(swarm: Swarm) -> tuple[str, str]:
    lower, higher = sorted(("m1", "m2"), key=lambda name: group_at(swarm, name))
    return higher, lower


def leads(swarm: Swarm, name: str) -> bool:
    return swarm.world.machine(name).daemon is not None and swarm.host(name).leading


def all_are_workers(swarm: Swarm, *names: str) -> bool:
    return all(
        swarm.world.machine(name).daemon is not None and swarm.host(name).phase is HostPhase.WORKER for name in names
    )
