"""Managers that lock themselves: a restarted one takes part in nothing until it is shown the key; containers run on."""

from random import Random

import pytest
from msgspec.structs import replace
from swarm import Swarm, formed, three_managers
from swarm_operations import add_newcomer, cluster_of, refusal, set_autolock, set_role

from core.durable import HostDurable, Identity
from core.effects import Effect, OpenLog
from core.events import LogNotOpened, LogOpened, Requested
from core.host import Host
from core.ids import NodeId, Ticket
from core.objects.config import ConfigSpec
from core.objects.node import Role
from core.objects.service import Global, ServiceSpec
from core.objects.task import ContainerSpec, TaskSpec
from core.operations import (
    CreateConfig,
    CreateService,
    ErrorCode,
    InitSwarm,
    Inspect,
    JoinSwarm,
    Kind,
    LeaveSwarm,
    ListObjects,
    Operation,
    UnlockSwarm,
)
from core.phases import HostPhase
from core.raft.effects import Applied, Reply
from core.raft.events import Cancelled, Tick
from core.raft.machine import Rejected
from core.raft.records import RaftDurable
from core.timing import SECOND
from core.unlock_key import check_of, is_well_formed, unlock_key

LOCKED = (
    'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm unlock" to unlock it.'
)


def locked_three() -> tuple[Swarm, str]:
    swarm = three_managers()
    return swarm, set_autolock(swarm, "m1", True)


def restart(swarm: Swarm, name: str) -> None:
    swarm.world.restart(name)
    swarm.until(lambda: swarm.world.machine(name).daemon is not None, f"{name} does not start")
    swarm.world.run_for(SECOND)


class TestTheKey:
    def test_it_looks_as_docker_s_does(self) -> None:
        key = unlock_key(bytes(range(32)))
        assert key == "SWMKEY-1-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
        assert is_well_formed(key)

    @pytest.mark.parametrize("text", ["", "x", "SWMKEY-1-", "SWMKEY-1-###", "SWMKEY-2-AAAA", "SWMKEY-1-AA=", "AAAA"])
    def test_what_is_no_key(self, text: str) -> None:
        assert not is_well_formed(text)

    def test_what_a_host_remembers_of_it_is_not_the_key(self) -> None:
        swarm, key = locked_three()
        for name in ("m1", "m2", "m3"):
            identity = swarm.host(name).membership.identity
            assert identity.key_check == check_of(key)
            assert key not in repr(identity)
        assert swarm.host("w1").membership.identity.key_check == ""


class TestALockedManager:
    def test_takes_part_in_nothing_until_it_is_unlocked(self) -> None:
        swarm, key = locked_three()
        swarm.world.kill("m1")
        restart(swarm, "m2")
        host = swarm.host("m2")
        assert host.phase is HostPhase.LOCKED
        assert (host.machines.raft, host.machines.agent) == (None, None)
        assert swarm.world.leader() is None, "m3 alone is no majority, and m2 does not vote"
        sent = dict(swarm.world.sent()["m2"])
        swarm.world.run_for(5 * SECOND)
        assert swarm.world.sent()["m2"] == sent
        assert swarm.done("m2", UnlockSwarm(key)) is None
        assert swarm.host("m2").phase is HostPhase.MANAGER
        swarm.done(swarm.leader(), CreateConfig(ConfigSpec("again", b"x")))

    @pytest.mark.parametrize(
        "operation",
        [Inspect(Kind.CLUSTER, "default"), ListObjects(Kind.NODE, stale=True), CreateConfig(ConfigSpec("c", b""))],
    )
    def test_refuses_whatever_it_is_asked(self, operation: Operation) -> None:
        swarm, _ = locked_three()
        restart(swarm, "m2")
        assert refusal(swarm, "m2", operation) == (ErrorCode.UNAVAILABLE, LOCKED)

    def test_is_part_of_a_swarm_all_the_same(self) -> None:
        swarm, _ = locked_three()
        restart(swarm, "m2")
        address = swarm.world.machine("m2").address
        for operation in (InitSwarm(address), JoinSwarm(address, (swarm.world.machine("m1").address,), "token")):
            code, message = refusal(swarm, "m2", operation)
            assert (code, "already part of a swarm" in message) == (ErrorCode.UNAVAILABLE, True)

    @pytest.mark.parametrize(
        ("key", "code", "message"),
        [
            ("SWMKEY", ErrorCode.INVALID, "this is no unlock key"),
            (unlock_key(b"\0" * 32), ErrorCode.UNAUTHENTICATED, "swarm could not be unlocked: invalid key provided"),
        ],
    )
    def test_stays_locked_with_any_other_key(self, key: str, code: ErrorCode, message: str) -> None:
        swarm, _ = locked_three()
        restart(swarm, "m2")
        answer = refusal(swarm, "m2", UnlockSwarm(key))
        assert (answer[0], answer[1][: len(message)]) == (code, message)
        assert swarm.host("m2").phase is HostPhase.LOCKED

    def test_keeps_its_containers_running(self) -> None:
        swarm = formed(3)
        swarm.done("m1", CreateService(service_everywhere()))
        swarm.until(lambda: len(swarm.world.containers("m2")) == 1, "no task on m2")
        swarm.world.run_for(SECOND)
        key = set_autolock(swarm, "m1", True)
        [container] = swarm.world.containers("m2")
        swarm.world.kill_daemon("m2")
        restart(swarm, "m2")
        assert swarm.host("m2").phase is HostPhase.LOCKED
        assert swarm.world.containers("m2") == (container,)
        swarm.done("m2", UnlockSwarm(key))
        swarm.until(lambda: in_session(swarm, "m2"), "no session")
        swarm.world.run_for(2 * SECOND)
        assert len(swarm.world.containers("m2")) == 1

    def test_leaves_by_force_only_and_takes_its_containers_along(self) -> None:
        swarm = formed(3)
        swarm.done("m1", CreateService(service_everywhere()))
        swarm.until(lambda: len(swarm.world.containers("m2")) == 1, "no task on m2")
        set_autolock(swarm, "m1", True)
        swarm.world.kill_daemon("m2")
        restart(swarm, "m2")
        code, message = refusal(swarm, "m2", LeaveSwarm())
        assert (code, message.split(".")[0]) == (ErrorCode.UNAVAILABLE, "Swarm is encrypted and locked")
        swarm.done("m2", LeaveSwarm(force=True))
        swarm.world.run_for(SECOND)
        assert swarm.host("m2").phase is HostPhase.INACTIVE
        assert swarm.world.containers("m2") == ()
        restart(swarm, "m2")
        assert swarm.host("m2").phase is HostPhase.INACTIVE

    def test_that_restarts_again_is_locked_again(self) -> None:
        swarm, key = locked_three()
        restart(swarm, "m2")
        swarm.done("m2", UnlockSwarm(key))
        restart(swarm, "m2")
        assert swarm.host("m2").phase is HostPhase.LOCKED

    def test_that_was_demoted_meanwhile_hears_of_it_once_unlocked_and_locks_no_more(self) -> None:
        swarm, key = locked_three()
        restart(swarm, "m3")
        set_role(swarm, "m1" if swarm.leader() == "m3" else swarm.leader(), "m3", Role.WORKER)
        swarm.done("m3", UnlockSwarm(key))
        swarm.until(lambda: swarm.host("m3").phase is HostPhase.WORKER, "m3 was not demoted")
        swarm.world.run_for(SECOND)
        restart(swarm, "m3")
        assert swarm.host("m3").phase is HostPhase.WORKER

    @pytest.mark.parametrize("restarts", [1, 2])
    def test_whose_log_is_damaged_is_locked_and_then_rejoins_as_another_member(self, restarts: int) -> None:
        swarm, key = locked_three()
        before = swarm.host("m2").membership.identity.raft_id
        swarm.world.kill("m2")
        assert swarm.world.machine("m2").disk.corrupt()
        for _ in range(restarts):
            restart(swarm, "m2")
            assert swarm.host("m2").phase is HostPhase.LOCKED
        swarm.done("m2", UnlockSwarm(key))
        swarm.until(lambda: swarm.host("m2").phase is HostPhase.MANAGER, "m2 became no manager")
        assert swarm.host("m2").membership.identity.raft_id != before
        swarm.until(lambda: swarm.host("m2").membership.identity.key_check == check_of(key), "m2 does not lock again")

    def test_a_log_that_comes_when_nobody_waits_changes_nothing(self) -> None:
        swarm, _ = locked_three()
        daemon = swarm.world.machine("m2").daemon
        assert daemon is not None
        before = swarm.host("m2").machines.raft
        daemon.deliver(LogOpened(RaftDurable()))
        assert swarm.host("m2").machines.raft is before

    def test_shown_the_key_twice_at_once_answers_twice(self) -> None:
        swarm, key = locked_three()
        restart(swarm, "m2")
        answers: list[object] = []
        for _ in range(2):
            swarm.world.request("m2", UnlockSwarm(key), answers.append)
        swarm.world.run_for(SECOND)
        assert answers == [Applied(0, None)] * 2


class TestALogThatIsNotOpened:
    """The key is right, and the driver cannot open the log with it."""

    def waiting(self, client_count: int) -> tuple[Host, list[Effect]]:
        """A locked host, and what it does when so many clients show the key."""
        self.key = unlock_key(b"\1" * 32)
        identity = Identity(NodeId("node"), raft_id=NodeId("raft"), key_check=check_of(self.key))
        host = Host.recover(Swarm("m1").world.config.settings, HostDurable(identity), Random(1), 0)
        host.step(1, Tick())
        return host, [effect for number in range(client_count) for effect in self.show(host, number + 1)]

    def show(self, host: Host, number: int) -> list[Effect]:
        return host.step(1, Requested(Ticket(number), UnlockSwarm(self.key)))

    def test_is_told_to_those_who_wait_and_tried_again_when_asked_again(self) -> None:
        host, effects = self.waiting(2)
        assert effects == [OpenLog(self.key)]
        replies = host.step(1, LogNotOpened("the seal is broken"))
        assert [reply.ticket for reply in replies if type(reply) is Reply] == [1, 2]
        for reply in replies:
            assert type(reply) is Reply
            assert type(reply.result) is Rejected
            assert reply.result.error.code is ErrorCode.UNAVAILABLE
            assert reply.result.error.message.endswith("though the key is right: the seal is broken")
        assert host.phase is HostPhase.LOCKED
        assert self.show(host, 3) == [OpenLog(self.key)]

    def test_keeps_no_place_for_a_client_that_has_gone(self) -> None:
        host, _ = self.waiting(2)
        host.step(1, Cancelled(Ticket(1)))
        assert [effect.ticket for effect in host.step(1, LogNotOpened("x")) if type(effect) is Reply] == [2]

    def test_is_not_opened_twice_though_who_asked_first_has_gone(self) -> None:
        host, _ = self.waiting(1)
        host.step(1, Cancelled(Ticket(1)))
        assert self.show(host, 2) == []
        assert [effect.ticket for effect in host.step(1, LogNotOpened("x")) if type(effect) is Reply] == [2]

    def test_means_nothing_to_one_that_is_not_locked(self) -> None:
        swarm = formed(1)
        daemon = swarm.world.machine("m1").daemon
        assert daemon is not None
        daemon.deliver(LogNotOpened("x"))
        assert swarm.host("m1").phase is HostPhase.MANAGER


class TestTheSetting:
    def test_a_running_manager_is_not_locked(self) -> None:
        swarm, key = locked_three()
        assert refusal(swarm, "m1", UnlockSwarm(key)) == (ErrorCode.CONFLICT, "swarm is not locked")

    @pytest.mark.parametrize("name", ["w1", "x1"])
    def test_who_is_no_manager_has_nothing_to_unlock(self, name: str) -> None:
        swarm, key = locked_three()
        if name == "x1":
            add_newcomer(swarm, name)
        code, message = refusal(swarm, name, UnlockSwarm(key))
        assert (code, "not a swarm manager" in message) == (ErrorCode.UNAVAILABLE, True)

    def test_turned_off_it_is_forgotten_by_all(self) -> None:
        swarm, _ = locked_three()
        assert set_autolock(swarm, "m2", False) == ""
        for name in ("m1", "m2", "m3"):
            assert swarm.host(name).membership.identity.key_check == ""
        restart(swarm, "m2")
        assert swarm.host("m2").phase is HostPhase.MANAGER

    def test_the_key_stays_until_it_is_rotated(self) -> None:
        swarm, key = locked_three()
        assert set_autolock(swarm, "m1", True) == key
        rotated = set_autolock(swarm, "m1", True, rotate=True)
        assert rotated != key
        assert is_well_formed(rotated)
        restart(swarm, "m2")
        assert refusal(swarm, "m2", UnlockSwarm(key))[0] is ErrorCode.UNAUTHENTICATED
        swarm.done("m2", UnlockSwarm(rotated))

    def test_who_was_locked_while_the_key_was_rotated_knows_the_old_one(self) -> None:
        swarm, key = locked_three()
        restart(swarm, "m2")
        by = "m1" if swarm.leader() == "m2" else swarm.leader()
        rotated = set_autolock(swarm, by, True, rotate=True)
        assert refusal(swarm, "m2", UnlockSwarm(rotated))[0] is ErrorCode.UNAUTHENTICATED
        swarm.done("m2", UnlockSwarm(key))
        swarm.until(lambda: swarm.host("m2").membership.identity.key_check == check_of(rotated), "not followed")

    def test_who_is_demoted_and_promoted_again_locks_again(self) -> None:
        """Nothing about the cluster has changed meanwhile: it may be the very same object, with no codec between."""
        swarm, key = locked_three()
        name = next(other for other in ("m2", "m3") if other != swarm.leader())
        set_role(swarm, swarm.leader(), name, Role.WORKER)
        swarm.until(lambda: swarm.host(name).phase is HostPhase.WORKER, "not demoted")
        assert swarm.host(name).membership.identity.key_check == ""
        swarm.world.run_for(2 * SECOND)
        set_role(swarm, swarm.leader(), name, Role.MANAGER)
        swarm.until(lambda: swarm.voter_count(swarm.leader()) == 3, "not promoted")
        swarm.until(lambda: swarm.host(name).membership.identity.key_check == check_of(key), "it does not lock again")

    def test_who_leaves_and_joins_again_locks_again(self) -> None:
        swarm, key = locked_three()
        name = next(other for other in ("m2", "m3") if other != swarm.leader())
        set_role(swarm, swarm.leader(), name, Role.WORKER)
        swarm.until(lambda: swarm.host(name).phase is HostPhase.WORKER, "not demoted")
        swarm.done(name, LeaveSwarm())
        swarm.world.run_for(3 * SECOND)
        swarm.join(name, swarm.leader(), manager=True)
        swarm.until(lambda: swarm.host(name).membership.identity.key_check == check_of(key), "it does not lock again")

    def test_rotation_without_autolock_makes_no_key(self) -> None:
        swarm = three_managers()
        assert set_autolock(swarm, "m1", False, rotate=True) == ""

    def test_a_swarm_may_be_founded_with_it(self) -> None:
        swarm = Swarm("m1")
        init = InitSwarm(swarm.world.machine("m1").address)
        swarm.done("m1", replace(init, spec=replace(init.spec, autolock_managers=True)))
        key = cluster_of(swarm, "m1").unlock_key
        assert is_well_formed(key)
        swarm.world.run_for(SECOND)
        restart(swarm, "m1")
        assert swarm.host("m1").phase is HostPhase.LOCKED
        swarm.done("m1", UnlockSwarm(key))
        swarm.done(swarm.leader(), CreateConfig(ConfigSpec("c", b"x")))


def service_everywhere() -> ServiceSpec:
    return ServiceSpec("everywhere", TaskSpec(ContainerSpec("image")), mode=Global())


def in_session(swarm: Swarm, name: str) -> bool:
    agent = swarm.host(name).machines.agent
    return agent is not None and agent.session_id is not None
