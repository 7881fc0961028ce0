"""What a peer does not know at first and comes to know: what is committed, and whom the sessions belong to."""

from typing import Any

from raft_cluster import Cluster, node_name
from raft_registers import Get, Put

from core.ids import Address
from core.raft.effects import Applied, Role
from core.raft.entries import CommandEntry, Stamp
from core.raft.members import Member
from core.raft.messages import AppendAcked
from core.raft.sessions import Sessions
from core.timing import SECOND

N1, N2 = map(node_name, range(1, 3))


def test_a_leader_answers_no_read_before_it_has_committed_in_its_own_term() -> None:
    """§6.4, step 1: until then it may not know what is committed."""
    cluster = Cluster(3)
    first = cluster.elect()
    write = cluster.propose(first.id, Put("x", 1))
    cluster.exchange()
    cluster.applied(write)
    cluster.crash(first.id)

    def lose_acknowledgements(*_: Any) -> None:
        cluster.letters = [letter for letter in cluster.letters if not isinstance(letter.message, AppendAcked)]

    cluster.watchers.append(lose_acknowledgements)
    cluster.run_until(lambda: any(node.role is Role.LEADER for node in cluster.live()), 20 * SECOND)
    (second,) = (node for node in cluster.live() if node.role is Role.LEADER)
    read = cluster.read(second.id, Get("x"))
    cluster.pass_time(2 * cluster.timing.heartbeat_ns)
    assert second.role is Role.LEADER
    assert cluster.result(read) is None
    cluster.watchers.remove(lose_acknowledgements)
    cluster.pass_time(2 * cluster.timing.heartbeat_ns)
    assert cluster.applied(read).value == 1


def test_what_was_committed_is_learnt_anew_after_everybody_restarted() -> None:
    """§3.8: the commit index is lost without harm: a leader learns it by committing an entry of its own."""
    cluster = Cluster(3)
    leader = cluster.elect()
    for number in range(5):
        cluster.propose(leader.id, Put("x", number))
    cluster.exchange()
    committed = leader.commit_index
    names = list(cluster.peers)
    cluster.crash_all(names)
    for name in names:
        cluster.start(name)
    assert {node.commit_index for node in cluster.live()} == {0}
    leader = cluster.elect()
    assert leader.commit_index > committed
    assert all(cluster.peers[name].machine.committed == {"x": 4} for name in names)


def test_a_session_ends_with_its_members_membership() -> None:
    """§6.3: sessions end by agreement, by what the log says: here with the removal of the member that took requests."""
    sessions = Sessions()
    members = tuple(Member(each, Address("h"), voter=True) for each in (N1, N2))
    applied: list[int] = []

    def apply(index: int, command: Any) -> str:
        applied.append(index)
        return "done"

    def command(index: int, incarnation: int = 1) -> tuple[CommandEntry[str], Stamp]:
        stamp = Stamp(N2, incarnation, sequence=1, settled_below=1)
        return CommandEntry(index, 1, 1, "command", stamp), stamp

    sessions.retain(members)
    assert sessions.apply(*command(1), apply) == Applied(1, "done")
    sessions.retain(members[:1])
    assert sessions.result_of(N2, 1, 1) is None
    assert sessions.apply(*command(2), apply) is None
    sessions.retain(members)
    assert sessions.apply(*command(3, incarnation=2), apply) == Applied(3, "done")
    assert applied == [1, 3]
