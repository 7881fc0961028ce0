"""Each invariant of a host's membership and machines fails when what it is about is wrong."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from swarm import Swarm, formed

from core.durable import Founding
from core.host import Host
from core.ids import Address, NodeId, Ticket
from core.joining import Joining
from core.objects.cluster import JoinTokens
from core.operations import InitSwarm, Kind
from core.phases import HostPhase

WRITE = Ticket(99)
SOMETHING: Any = object()


def a_phase_that_the_disk_does_not_know(host: Host) -> None:
    host.membership.standing.phase = HostPhase.LEAVING


def an_agent_that_is_gone(host: Host) -> None:
    host.machines.agent = None


def a_raft_member_that_is_gone(host: Host) -> None:
    host.machines.raft = host.machines.replica = None


def a_join_under_way_by_a_member(host: Host) -> None:
    host.membership.entering._joining = Joining(Ticket(1), SOMETHING, NodeId("another"), SOMETHING, SOMETHING, 0)


def a_member_that_is_leaving(host: Host) -> None:
    host.membership._leaving = WRITE


def another_raft_member_than_the_disk_says(host: Host) -> None:
    host.membership.standing.identity = replace(host.membership.identity, raft_id=NodeId("other"))


def a_member_whose_promises_are_forgotten(host: Host) -> None:
    identity = host.membership.identity
    host.membership.standing.identity = replace(identity, lost_raft_id=identity.raft_id)


def messages_kept_inside_for_another(host: Host) -> None:
    host.outbox.node_id = NodeId("other")


def routes_emptied_under_an_agent(host: Host) -> None:
    host.membership.standing.route_removal._next_at = 0


def a_manager_that_does_not_lead(host: Host) -> None:
    assert host.machines.raft is not None
    host.machines.raft._state.leading = False


def a_leader_without_a_manager(host: Host) -> None:
    assert host.machines.replica is not None
    host.machines.replica.manager = None


def a_second_manager_in_the_making(host: Host) -> None:
    assert host.machines.replica is not None
    host.machines.replica._preparing = host.machines.manager


def something_committed_and_not_followed_up(host: Host) -> None:
    assert host.machines.replica is not None
    host.machines.replica.touched = True


def something_committed_and_forgotten(host: Host) -> None:
    assert host.machines.replica is not None
    host.machines.replica._effects.append(SOMETHING)


def a_store_ahead_of_its_log(host: Host) -> None:
    assert host.machines.raft is not None
    assert host.store is not None
    host.store.index = host.machines.raft.applied_index + 1


def a_replica_that_is_gone(host: Host) -> None:
    host.machines.replica = None


def an_answer_that_nobody_passes_on(host: Host) -> None:
    host.machines.abandoned.append(SOMETHING)


def a_name_that_nobody_has(host: Host) -> None:
    assert host.store is not None
    host.store._indexes.names[Kind.CONFIG]["gone"] = "gone"


def a_manager_in_the_making_by_a_follower(host: Host) -> None:
    raft, replica = host.machines.raft, host.machines.replica
    assert raft is not None
    assert replica is not None
    raft._leadership.follow(raft.term + 1, None)
    replica.touched = False
    replica._preparing = SOMETHING


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (a_phase_that_the_disk_does_not_know, "another phase"),
        (an_agent_that_is_gone, "there is no agent"),
        (a_raft_member_that_is_gone, "without a Raft member"),
        (a_join_under_way_by_a_member, "joining"),
        (a_member_that_is_leaving, "leaving"),
        (another_raft_member_than_the_disk_says, "another Raft member"),
        (a_member_whose_promises_are_forgotten, "forgot its promises"),
        (messages_kept_inside_for_another, "messages to itself"),
        (routes_emptied_under_an_agent, "would be emptied"),
        (a_manager_that_does_not_lead, "who leads has a manager"),
        (a_leader_without_a_manager, "who leads has a manager"),
        (a_second_manager_in_the_making, "two managers"),
        (a_manager_in_the_making_by_a_follower, "makes no manager ready"),
        (something_committed_and_not_followed_up, "not followed up"),
        (something_committed_and_forgotten, "nobody will be told"),
        (a_store_ahead_of_its_log, "ahead of the log"),
        (a_replica_that_is_gone, "come and go together"),
        (an_answer_that_nobody_passes_on, "waits for an answer"),
        (a_name_that_nobody_has, "names are taken"),
    ],
)
def test_what_is_wrong_with_a_leader_is_noticed(wrong: Callable[[Host], None], complaint: str) -> None:
    host = formed(1).host("m1")
    host.check_invariants(full=True)
    wrong(host)
    with pytest.raises(AssertionError, match=complaint):
        host.check_invariants()


def test_a_worker_without_an_agent_is_noticed() -> None:
    host = Swarm("w1").host("w1")
    host.check_invariants(full=True)
    host.membership.standing.phase = HostPhase.WORKER
    with pytest.raises(AssertionError, match="worker without an agent"):
        host.check_invariants()


def test_a_worker_that_would_found_a_swarm_is_noticed() -> None:
    host = formed(1, 1).host("w1")
    founding = Founding(InitSwarm(Address("w1:2377")), JoinTokens("w", "m"))
    host.check_invariants(full=True)
    host.membership.standing.identity = replace(host.membership.identity, founding=founding)
    with pytest.raises(AssertionError, match="finish founding"):
        host.check_invariants()


def test_what_takes_a_walk_is_noticed_by_the_full_look() -> None:
    host = formed(1).host("m1")
    assert host.store is not None
    host.store._indexes.hostnames.clear()
    host.check_invariants()
    with pytest.raises(AssertionError, match="hostnames"):
        host.check_invariants(full=True)
