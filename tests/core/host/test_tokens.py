"""Rotation of join tokens: the new secrets are drawn by a driver, the old ones let nobody in, members stay."""

import pytest
from msgspec.structs import astuple, replace
from swarm import Swarm, three_managers
from swarm_operations import add_newcomer, cluster_of

from core.events import KeyMaterial
from core.ids import NodeId
from core.objects.cluster import Cluster
from core.operations import ErrorCode, JoinSwarm, LeaveSwarm, OperationError, UpdateCluster
from core.raft.effects import Applied, OutcomeUnknown
from core.raft.machine import Rejected
from core.timing import MS

BAD_TOKEN = OperationError(ErrorCode.INVALID, "A valid join token is necessary to join this cluster")


def rotation(cluster: Cluster, worker: bool = False, manager: bool = False) -> UpdateCluster:
    return UpdateCluster(cluster.version, cluster.spec, rotate_worker_token=worker, rotate_manager_token=manager)


def join_with(swarm: Swarm, name: str, by: str, token: str) -> object:
    machine = swarm.world.machine
    return swarm.ask(name, JoinSwarm(machine(name).address, (machine(by).address,), token))


@pytest.mark.parametrize(("worker", "manager"), [(True, False), (False, True), (True, True)])
def test_only_the_secret_of_a_rotated_token_changes(worker: bool, manager: bool) -> None:
    swarm = three_managers()
    before = cluster_of(swarm, "m1")
    swarm.done("m1", rotation(before, worker, manager))
    after = cluster_of(swarm, "m1")
    assert (after.tokens.worker != before.tokens.worker) is worker
    assert (after.tokens.manager != before.tokens.manager) is manager
    for token, earlier in zip(astuple(after.tokens), astuple(before.tokens), strict=True):
        assert token.split("-")[:3] == earlier.split("-")[:3]
        assert len(token) == len(earlier)
    assert replace(after, tokens=before.tokens, version=before.version, updated_at=before.updated_at) == before


def test_an_old_token_lets_nobody_in_and_members_stay() -> None:
    swarm = three_managers()
    old = cluster_of(swarm, "m1").tokens
    members = list(swarm.nodes("m1"))
    swarm.done("m1", rotation(cluster_of(swarm, "m1"), worker=True))
    for name, token in (("w2", old.worker), ("m4", cluster_of(swarm, "m1").tokens.worker[:-1])):
        add_newcomer(swarm, name)
        assert join_with(swarm, name, "m1", token) == Rejected(BAD_TOKEN)
    assert list(swarm.nodes("m1")) == members
    assert isinstance(join_with(swarm, "m4", "m1", old.manager), Applied)  # the other token is what it was
    assert isinstance(join_with(swarm, "w2", "m1", cluster_of(swarm, "m1").tokens.worker), Applied)


@pytest.mark.parametrize("delay_ns", [0, MS // 10, MS // 2, MS, 2 * MS])
def test_a_leader_lost_on_the_way_leaves_one_rotation(delay_ns: int) -> None:
    """A follower is asked and lives: whoever leads then, the request is carried out once."""
    swarm = three_managers()
    leader = swarm.leader()
    follower = next(name for name in ("m1", "m2", "m3") if name != leader)
    before = cluster_of(swarm, follower)
    answers: list[object] = []
    swarm.world.request(follower, rotation(before, worker=True), answers.append)
    swarm.world.run_for(delay_ns)
    swarm.world.kill(leader)
    swarm.until(lambda: bool(answers), "no answer")
    assert isinstance(answers[0], Applied)
    after = cluster_of(swarm, follower)
    assert after.version == answers[0].index
    assert after.tokens.worker != before.tokens.worker
    swarm.world.power_on(leader)
    swarm.until(lambda: (store := swarm.host(leader).store) is not None and store.cluster == after, "not caught up")


def test_a_manager_lost_on_the_way_leaves_the_old_token_or_the_new_one() -> None:
    swarm = three_managers()
    before = cluster_of(swarm, "m2")
    answers: list[object] = []
    swarm.world.request("m2", rotation(before, worker=True), answers.append)
    swarm.world.run_for(MS // 10)  # its driver is still drawing the secrets
    swarm.world.kill("m2")
    assert isinstance(answers[0], OutcomeUnknown)
    survivor = swarm.leader() if swarm.leader() != "m2" else "m1"
    assert cluster_of(swarm, survivor).tokens == before.tokens


def test_an_update_out_of_sequence_rotates_nothing() -> None:
    swarm = three_managers()
    cluster = cluster_of(swarm, "m1")
    swarm.done("m1", rotation(cluster, worker=True))
    rotated = cluster_of(swarm, "m1")
    error = OperationError(ErrorCode.OUT_OF_SEQUENCE, "update out of sequence")
    assert swarm.ask("m1", rotation(cluster, worker=True)) == Rejected(error)
    assert cluster_of(swarm, "m1") == rotated


def test_what_a_client_gives_for_secrets_is_not_used() -> None:
    swarm = three_managers()
    cluster = cluster_of(swarm, "m1")
    known = (b"\0" * 16, b"\0" * 16, b"\0" * 32)
    swarm.done("m1", replace(rotation(cluster, worker=True), secrets=known))
    assert not cluster_of(swarm, "m1").tokens.worker.endswith("0" * 25)


def test_who_is_no_manager_when_the_secrets_come_says_so() -> None:
    swarm = three_managers()
    answers: list[object] = []
    swarm.world.request("m3", rotation(cluster_of(swarm, "m3"), worker=True), answers.append)
    swarm.world.run_for(MS // 20)
    left: list[object] = []
    swarm.world.request("m3", LeaveSwarm(force=True), left.append)
    swarm.until(lambda: bool(answers and left), "no answer")
    assert isinstance(answers[0], Rejected)
    assert answers[0].error.code is ErrorCode.UNAVAILABLE
    assert "not a swarm manager" in answers[0].error.message


def test_secrets_that_nobody_asked_for_change_nothing() -> None:
    swarm = three_managers()
    before = cluster_of(swarm, "m1")
    daemon = swarm.world.machine("m1").daemon
    assert daemon is not None
    daemon.deliver(KeyMaterial(daemon.host.outbox.tickets.draw(), (b"\1" * 16, b"\2" * 16, b"\3" * 32)))  # type: ignore[attr-defined]  # a Host
    swarm.world.run_for(100 * MS)
    assert cluster_of(swarm, "m1") == before
    assert NodeId("") not in swarm.nodes("m1")
