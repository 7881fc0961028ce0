"""The life of a host: founding, joining, promotion and demotion at run time, leaving, and restarts in between."""

from typing import Any

import pytest
from msgspec.structs import replace
from swarm import Swarm, three_managers
from swarm_operations import cluster_of, refusal, set_role

from core.events import RoutesApplied, RoutesFailed
from core.ids import Address, NodeId
from core.messages import JoinAccepted, JoinRequest, Manager
from core.objects.cluster import ClusterSpec
from core.objects.config import ConfigSpec
from core.objects.node import Availability, NodeDescription, NodeState, Role
from core.operations import (
    CreateConfig,
    ErrorCode,
    InitSwarm,
    Inspect,
    JoinSwarm,
    Kind,
    LeaveSwarm,
    ListObjects,
    Remove,
    UpdateNode,
)
from core.phases import HostPhase
from core.raft.effects import Applied, OutcomeUnknown, Refused
from core.raft.events import Received
from core.timing import LAN, MS, SECOND


def heard_by(swarm: Swarm, name: str, kind: type[Any]) -> list[Any]:
    """The events of a kind that a host is given from here on; the list grows."""
    heard: list[Any] = []

    def note(at: int, machine: str, event: Any, effects: Any) -> None:
        if machine == name and type(event) is kind:
            heard.append(event)

    swarm.world.observer.step_listeners.append(note)
    return heard


class TestFounding:
    def test_init_makes_an_inactive_host_the_first_manager(self) -> None:
        swarm = Swarm("m1")
        assert swarm.host("m1").phase is HostPhase.INACTIVE
        node_id = swarm.init("m1")
        assert swarm.host("m1").phase is HostPhase.MANAGER
        swarm.until(lambda: swarm.nodes("m1")[node_id].status.state is NodeState.READY, "its agent found no leader")
        assert swarm.nodes("m1")[node_id].spec.role is Role.MANAGER
        assert [network.spec.name for network in swarm.done("m1", ListObjects(Kind.NETWORK))] == ["ingress"]

    def test_tokens_have_dockers_form_and_differ_by_role(self) -> None:
        swarm = Swarm("m1")
        swarm.init("m1")
        tokens = cluster_of(swarm, "m1").tokens
        for token in (tokens.worker, tokens.manager):
            prefix, version, name, secret = token.split("-")
            assert (prefix, version, len(name), len(secret)) == ("SWMTKN", "1", 50, 25)
        assert tokens.worker != tokens.manager

    @pytest.mark.parametrize(
        ("unsound", "reason"),
        [
            ({"default_address_pools": ("pool",)}, "invalid default address pool pool"),
            ({"default_address_pools": ("198.18.0.0/25",)}, "is smaller than one subnet of /24"),
            ({"subnet_prefix_length": 30}, "subnet size /30 is too small"),
            ({"data_path_port": 80}, "invalid data path port 80: use one from 1024 to 49151"),
            ({"data_path_port": 50_000}, "invalid data path port 50000"),
            ({"spec": ClusterSpec(name="other")}, "the cluster's name must be default, not other"),
            ({"spec": ClusterSpec(heartbeat_period_ns=-1)}, "cannot be negative"),
        ],
    )
    def test_nothing_is_begun_of_what_could_not_be_founded(self, unsound: dict[str, Any], reason: str) -> None:
        swarm = Swarm("m1")
        code, message = refusal(swarm, "m1", InitSwarm(swarm.world.machine("m1").address, **unsound))
        assert code is ErrorCode.INVALID
        assert reason in message
        assert swarm.host("m1").phase is HostPhase.INACTIVE
        swarm.init("m1")

    def test_a_crash_right_after_init_does_not_leave_a_swarm_without_a_cluster(self) -> None:
        swarm = Swarm("m1")
        swarm.world.request("m1", InitSwarm(swarm.world.machine("m1").address), lambda result: None)
        swarm.until(lambda: swarm.host("m1").phase is HostPhase.MANAGER, "init did not begin")
        swarm.world.kill("m1")
        swarm.world.restart("m1")
        swarm.world.run_for(5_000_000_000)
        if swarm.host("m1").phase is HostPhase.INACTIVE:  # the identity had not reached the disk: nothing has happened
            swarm.init("m1")
        assert cluster_of(swarm, "m1").tokens.worker

    def test_a_second_init_is_refused(self) -> None:
        swarm = Swarm("m1")
        swarm.init("m1")
        code, message = refusal(swarm, "m1", InitSwarm(Address("198.18.0.1:2377")))
        assert code is ErrorCode.UNAVAILABLE
        assert "already part of a swarm" in message


class TestJoining:
    def test_the_token_decides_the_role(self) -> None:
        swarm = three_managers()
        assert [swarm.host(name).phase for name in ("m2", "m3", "w1")] == [
            HostPhase.MANAGER,
            HostPhase.MANAGER,
            HostPhase.WORKER,
        ]
        assert sorted(node.spec.role.value for node in swarm.nodes("m2").values()) == ["manager"] * 3 + ["worker"]

    def test_a_follower_sends_a_joiner_to_the_leader(self) -> None:
        swarm = three_managers()
        swarm.world.add_machine("w2")
        swarm.world.power_on("w2", boot_ns=0)
        swarm.world.run_until(swarm.world.now)
        node_id = swarm.join("w2", "m3")
        assert node_id in swarm.nodes("m1")

    def test_a_wrong_token_is_refused_and_the_host_stays_free(self) -> None:
        swarm = Swarm("m1", "w1")
        swarm.init("m1")
        remote = swarm.world.machine("m1").address
        operation = JoinSwarm(swarm.world.machine("w1").address, (remote,), "SWMTKN-1-wrong-token")
        code, _ = refusal(swarm, "w1", operation)
        assert code is ErrorCode.INVALID
        assert swarm.host("w1").phase is HostPhase.INACTIVE
        swarm.join("w1", "m1")

    def test_without_a_manager_that_answers_the_outcome_is_unknown(self) -> None:
        swarm = Swarm("m1")
        operation = JoinSwarm(swarm.world.machine("m1").address, (Address("198.18.9.9:2377"),), "SWMTKN-1-a-b")
        assert type(swarm.ask("m1", operation)) is OutcomeUnknown
        assert swarm.host("m1").phase is HostPhase.INACTIVE


class TestRoles:
    def test_a_worker_is_promoted_and_votes(self) -> None:
        swarm = three_managers()
        set_role(swarm, "m1", "w1", Role.MANAGER)
        swarm.until(lambda: swarm.voter_count("m1") == 4, "the promoted worker got no vote")
        assert swarm.host("w1").phase is HostPhase.MANAGER
        swarm.until(lambda: swarm.voter_count("w1") == 4, "the promoted worker does not know it")

    @pytest.mark.parametrize("who", ["leader", "follower"])
    def test_a_manager_is_demoted_and_promoted_again_under_a_new_raft_id(self, who: str) -> None:
        swarm = three_managers()
        leader = swarm.leader()
        name = leader if who == "leader" else next(name for name in ("m1", "m2", "m3") if name != leader)
        by = next(other for other in ("m1", "m2", "m3") if other != name)
        node_id, old_raft_id = swarm.host(name).node_id, swarm.host(name).membership.identity.raft_id
        set_role(swarm, by, name, Role.WORKER)
        swarm.until(lambda: swarm.host(name).phase is HostPhase.WORKER, f"{name} was not demoted")
        assert swarm.voter_count(by) == 2
        set_role(swarm, by, name, Role.MANAGER)
        swarm.until(lambda: swarm.voter_count(by) == 3, f"{name} was not promoted again")
        assert swarm.host(name).phase is HostPhase.MANAGER
        assert swarm.host(name).node_id == node_id
        assert swarm.host(name).membership.identity.raft_id != old_raft_id

    def test_a_worker_answers_no_questions_about_the_swarm(self) -> None:
        swarm = three_managers()
        code, message = refusal(swarm, "w1", ListObjects(Kind.NODE))
        assert code is ErrorCode.UNAVAILABLE
        assert "not a swarm manager" in message


class TestLeaving:
    def test_a_worker_leaves_and_may_join_again_as_another_node(self) -> None:
        swarm = three_managers()
        before = swarm.host("w1").node_id
        swarm.until(lambda: bool(swarm.world.machine("w1").data_plane.tables.records), "it forwards nothing")
        swarm.done("w1", LeaveSwarm())
        assert swarm.host("w1").phase is HostPhase.INACTIVE
        swarm.until(lambda: not swarm.world.machine("w1").data_plane.tables.records, "it still forwards")
        swarm.until(lambda: swarm.nodes("m1")[before].status.state is NodeState.DOWN, "its node stayed up")
        assert swarm.join("w1", "m2") != before

    def test_a_host_that_left_forwards_nothing_even_if_its_data_plane_fails_at_first(self) -> None:
        swarm = three_managers()
        plane = swarm.world.machine("w1").data_plane
        swarm.until(lambda: bool(plane.tables.records), "it forwards nothing")
        swarm.world.run_for(SECOND)
        plane.fails = True
        failed = heard_by(swarm, "w1", RoutesFailed)
        swarm.done("w1", LeaveSwarm())
        swarm.until(lambda: bool(failed), "nothing failed")
        swarm.world.run_for(10 * SECOND)
        assert 2 <= len(failed) <= 10 * SECOND // LAN.dispatcher.backoff_max_ns + 10, "repeated, and not in a spin"
        plane.fails = False
        swarm.until(lambda: not plane.tables.records, "it still forwards")
        swarm.world.run_for(SECOND)
        count = len(failed)
        applied = heard_by(swarm, "w1", RoutesApplied)
        swarm.world.run_for(10 * SECOND)
        assert (len(failed), applied) == (count, []), "and then it rests"

    def test_a_host_that_joined_again_does_not_empty_its_table(self) -> None:
        swarm = three_managers()
        plane = swarm.world.machine("w1").data_plane
        swarm.until(lambda: bool(plane.tables.records), "it forwards nothing")
        plane.fails = True
        failed = heard_by(swarm, "w1", RoutesFailed)
        swarm.done("w1", LeaveSwarm())
        swarm.until(lambda: bool(failed), "nothing failed")
        swarm.join("w1", "m2")
        plane.fails = False
        swarm.until(lambda: plane.tables.version > 0, "it got no table")
        swarm.world.run_for(10 * SECOND)
        assert plane.tables.records

    def test_a_manager_leaves_only_by_force(self) -> None:
        swarm = three_managers()
        code, message = refusal(swarm, "m2", LeaveSwarm())
        assert code is ErrorCode.UNAVAILABLE
        assert "--force" in message
        swarm.done("m2", LeaveSwarm(force=True))
        assert swarm.host("m2").phase is HostPhase.INACTIVE
        swarm.done("m1", CreateConfig(ConfigSpec("still-writable", b"x")))

    def test_what_is_in_no_swarm_cannot_leave_one(self) -> None:
        swarm = Swarm("m1")
        assert refusal(swarm, "m1", LeaveSwarm())[0] is ErrorCode.UNAVAILABLE


class TestRestarts:
    def test_the_whole_swarm_comes_back_with_all_it_acknowledged(self) -> None:
        swarm = three_managers(snapshot_entries_count=40)
        names = [f"config-{number}" for number in range(60)]
        for name in names:
            swarm.done("m2", CreateConfig(ConfigSpec(name, b"x")))
        for machine in ("m1", "m2", "m3", "w1"):
            swarm.world.kill(machine)
        for machine in ("m1", "m2", "m3", "w1"):
            swarm.world.restart(machine)
        stored = swarm.done(swarm.leader(), ListObjects(Kind.CONFIG))
        assert [config.spec.name for config in stored] == names
        assert [swarm.host(name).phase for name in ("m1", "w1")] == [HostPhase.MANAGER, HostPhase.WORKER]

    @pytest.mark.parametrize("seed", range(1, 9))  # each damages another record
    def test_a_manager_whose_log_is_corrupt_comes_back_as_another_raft_member(self, seed: int) -> None:
        swarm = three_managers(seed=seed)
        swarm.done("m1", CreateConfig(ConfigSpec("kept", b"x")))
        victim = next(name for name in ("m1", "m2", "m3") if name != swarm.leader())
        node_id, lost = swarm.host(victim).node_id, swarm.host(victim).membership.identity.raft_id
        swarm.world.kill(victim)
        swarm.world.machine(victim).disk.corrupt()
        swarm.world.restart(victim)
        others = [name for name in ("m1", "m2", "m3") if name != victim]
        swarm.until(
            lambda: (
                swarm.host(victim).phase is HostPhase.MANAGER
                and swarm.voter_count(victim) == 3
                and swarm.host(victim).membership.identity.raft_id != lost
            ),
            "the manager with the corrupt disk was not taken back",
        )
        assert swarm.host(victim).node_id == node_id
        assert swarm.voter_count(others[0]) == 3
        stored = swarm.done(victim, ListObjects(Kind.CONFIG))
        assert [config.spec.name for config in stored] == ["kept"]

    @pytest.mark.parametrize("seed", [11, 13, 14, 15, 16])  # all four records, the last one twice
    def test_a_host_that_has_left_is_in_no_swarm_whatever_is_damaged_and_can_join_again(self, seed: int) -> None:
        swarm = three_managers(seed=seed)
        former = swarm.host("w1").node_id
        swarm.done("w1", LeaveSwarm())
        swarm.world.kill("w1")
        swarm.world.machine("w1").disk.corrupt()
        swarm.world.restart("w1")
        swarm.world.run_for(5 * SECOND)
        assert swarm.host("w1").phase is HostPhase.INACTIVE
        assert swarm.nodes("m1")[former].status.state is NodeState.DOWN
        again = swarm.join("w1", "m1")
        assert again != former
        swarm.world.kill("w1")
        swarm.world.restart("w1")
        swarm.until(lambda: swarm.nodes("m1")[again].status.state is NodeState.READY, "it did not come back")
        assert swarm.host("w1").node_id == again

    @pytest.mark.parametrize("seed", range(1, 5))
    def test_a_demotion_that_waits_for_a_quorum_waits_under_the_next_leader_too(self, seed: int) -> None:
        swarm = three_managers(seed=seed)
        leader = swarm.leader()
        dead, demoted = (name for name in ("m1", "m2", "m3") if name != leader)
        swarm.world.kill(dead)
        swarm.world.run_for(800 * MS)  # its node still counts as ready, so the demotion is not refused at once
        leader = swarm.leader()
        node = swarm.done(leader, Inspect(Kind.NODE, swarm.host(demoted).node_id))
        asked = swarm.ask(leader, UpdateNode(node.id, node.version, replace(node.spec, role=Role.WORKER)))
        swarm.world.run_for(5 * SECOND)
        assert swarm.host(demoted).phase is HostPhase.MANAGER
        swarm.world.kill_daemon(leader)
        swarm.world.run_for(100 * MS)
        swarm.world.restart(leader)
        swarm.world.run_for(10 * SECOND)
        assert swarm.host(demoted).phase is HostPhase.MANAGER, "two of three managers are needed to write"
        swarm.world.restart(dead)
        wanted = HostPhase.WORKER if type(asked) is Applied else HostPhase.MANAGER
        swarm.until(lambda: swarm.host(demoted).phase is wanted, "what was asked was not done in the end")
        swarm.done(leader, CreateConfig(ConfigSpec("still-writable", b"x")))


class TestStrayMessages:
    @pytest.mark.parametrize("addressed", [True, False])
    def test_an_answer_to_an_earlier_request_to_join_is_not_taken_for_one_to_the_present(self, addressed: bool) -> None:
        """It would make the host the Raft member it used to be, with an empty log."""
        swarm = three_managers()
        host, machine = swarm.host("m3"), swarm.world.machine("m3")
        earlier = host.membership.identity
        swarm.done("m3", LeaveSwarm(force=True))
        unanswered = JoinSwarm(machine.address, (Address("198.18.9.9:2377"),), "token")
        swarm.world.request("m3", unanswered, lambda result: None)
        swarm.world.run_for(10 * MS)
        assert host.phase is HostPhase.JOINING
        managers = (Manager(swarm.host("m1").node_id, swarm.world.machine("m1").address),)
        answer = JoinAccepted(1, earlier.cluster_id, earlier.raft_id, earlier.node_version, managers)
        assert machine.daemon is not None
        recipient = earlier.node_id if addressed else NodeId("")
        machine.daemon.deliver(Received(swarm.host("m1").node_id, recipient, answer))
        assert host.phase is HostPhase.JOINING

    def test_a_removed_node_is_not_brought_back_by_its_old_request(self) -> None:
        swarm = three_managers()
        removed = swarm.host("w1").node_id
        cluster = cluster_of(swarm, "m1")
        swarm.done("m1", Remove(Kind.NODE, removed, force=True))
        swarm.world.kill(swarm.leader())  # whoever leads next has not seen the removal itself
        survivor = next(name for name in ("m1", "m2", "m3") if swarm.world.machine(name).powered)
        swarm.until(lambda: swarm.world.leader() is not None, "nobody leads")
        request = JoinRequest(
            1, removed, cluster.tokens.worker, Address("198.18.0.4:2377"), Availability.ACTIVE, NodeDescription()
        )
        leader = swarm.world.machine(swarm.leader())
        assert leader.daemon is not None
        leader.daemon.deliver(Received(removed, NodeId(""), request))
        swarm.world.run_for(SECOND)
        assert removed not in swarm.nodes(survivor)


class TestAnswers:
    def test_who_waits_at_a_manager_that_leaves_is_answered(self) -> None:
        swarm = three_managers()
        for name in ("m1", "m2"):
            swarm.world.kill(name)
        answers: list[object] = []
        swarm.world.request("m3", CreateConfig(ConfigSpec("late", b"x")), answers.append)
        swarm.world.request("m3", ListObjects(Kind.NODE), answers.append)
        swarm.world.run_for(10 * MS)
        swarm.done("m3", LeaveSwarm(force=True))
        swarm.world.run_for(SECOND)
        assert [type(answer) for answer in answers] in ([Refused, Refused], [OutcomeUnknown, Refused])

    def test_leaving_ends_when_it_is_durable(self) -> None:
        swarm = three_managers()
        swarm.world.request("w1", LeaveSwarm(), lambda result: None)
        phases: list[HostPhase] = []
        for _ in range(1_000):
            swarm.world.run_for(MS // 100)
            if not phases or swarm.host("w1").phase is not phases[-1]:
                phases.append(swarm.host("w1").phase)
        assert phases == [HostPhase.WORKER, HostPhase.LEAVING, HostPhase.INACTIVE]

    def test_a_join_whose_client_has_gone_is_given_up(self) -> None:
        swarm = Swarm("w1")
        operation = JoinSwarm(swarm.world.machine("w1").address, (Address("198.18.9.9:2377"),), "token")
        cancel = swarm.world.request("w1", operation, lambda result: None)
        swarm.world.run_for(10 * MS)
        assert swarm.host("w1").phase is HostPhase.JOINING
        cancel()
        swarm.world.run_for(10 * MS)
        assert swarm.host("w1").phase is HostPhase.INACTIVE
