"""Claims of "Consensus: Bridging Theory and Practice" (Ongaro 2014) about snapshots, one test each.

The section is in the docstring.
"""

from typing import Any

from paper_peers import N1, N2, quiet, say
from raft_registers import Put

from core.ids import Address
from core.raft.effects import Send, SnapshotRestored
from core.raft.members import AddLearner
from core.raft.messages import (
    AppendAcked,
    InstallSnapshot,
)
from core.timing import SECOND


def test_a_snapshot_holds_the_membership_of_its_index() -> None:
    """§5.1: a snapshot includes the latest configuration as of its last included index."""
    cluster = quiet(1, snapshot_entries_count=4, log_tail_count=1)
    leader = cluster.elect()
    cluster.change(leader.id, AddLearner(N2, Address("h2")))
    for number in range(8):
        cluster.propose(leader.id, Put("x", number))
    cluster.add_peer(N2)
    cluster.pass_time(SECOND)
    assert cluster.node(N2).members == leader.members
    assert SnapshotRestored in [type(fact) for _, fact in cluster.facts]


def test_a_snapshot_the_log_already_covers_is_not_installed() -> None:
    """Figure 5.3: if an existing entry has the same index and term, retain the log and only learn the commitment."""
    cluster = quiet(1, snapshot_entries_count=4, log_tail_count=1)
    leader = cluster.elect()
    for number in range(8):
        cluster.propose(leader.id, Put("x", number))
    cluster.change(leader.id, AddLearner(N2, Address("h2")))
    cluster.add_peer(N2)
    sent: list[Any] = []
    cluster.watchers.append(
        lambda _, effects: sent.extend(effect.message for effect in effects if type(effect) is Send)
    )
    cluster.pass_time(SECOND)
    install = next(message for message in sent if isinstance(message, InstallSnapshot))
    last = cluster.node(N2).last_index
    answers = say(cluster, N1, N2, install)
    assert [type(answer) for answer in answers] == [AppendAcked]
    assert cluster.node(N2).last_index == last
