"""How much a leader has on its way to one follower, and how few questions it takes to find where two logs agree."""

from typing import Any

import pytest
from raft_cluster import Cluster, node_name
from raft_registers import Put

from core.ids import NodeId
from core.raft.effects import Send
from core.raft.messages import Append, AppendRefused, InstallSnapshot

N1, N2, N3 = map(node_name, range(1, 4))


def on_their_way(cluster: Cluster, to: NodeId) -> list[Append[Any]]:
    messages = [letter.message for letter in cluster.letters if letter.to == to]
    return [message for message in messages if isinstance(message, Append) and message.entries]


def said(cluster: Cluster, kind: type) -> list[Any]:
    """What messages of a kind any peer sends from now on."""
    messages: list[Any] = []

    def note(_: Any, effects: list[Any]) -> None:
        messages.extend(each.message for each in effects if type(each) is Send and isinstance(each.message, kind))

    cluster.watchers.append(note)
    return messages


@pytest.mark.parametrize("window", [{"inflight_count_max": 3}, {"inflight_bytes_max": 3 * 42}])
def test_what_is_on_its_way_to_a_silent_follower_is_bounded(window: dict[str, Any]) -> None:
    """§10.2.2: pipelining, within a window; an entry of this machine weighs 42 bytes."""
    cluster = Cluster(3, append_entries_max=1, coalesce_ns=0, **window)
    leader = cluster.elect()
    for number in range(20):
        cluster.propose(leader.id, Put("x", number))
    for follower in cluster.followers():
        assert len(on_their_way(cluster, follower.id)) == 3
    cluster.exchange()
    assert {node.last_index for node in cluster.live()} == {leader.last_index}


def test_a_conflicting_term_takes_one_question_however_long_it_lasted() -> None:
    """§3.5: "reduce the number of rejected AppendEntries RPCs": one per conflicting term, not one per entry."""
    cluster = Cluster(3)
    old, rest = cluster.elect(), cluster.followers()
    cluster.partition([old.id], [node.id for node in rest])
    for number in range(30):
        cluster.propose(old.id, Put("x", number))
    cluster.run_until(lambda: any(node.leading for node in rest), 20 * cluster.timing.election_max_ns)
    second = cluster.leader()
    for number in range(30):
        cluster.propose(second.id, Put("y", number))
    cluster.exchange()
    cluster.crash(second.id)
    refused = said(cluster, AppendRefused)
    cluster.heal()
    (third,) = (node for node in rest if node.id != second.id)
    cluster.run_until(lambda: third.leading, 20 * cluster.timing.election_max_ns)
    assert old.last_index == third.last_index
    assert len(refused) == 1


def test_a_snapshot_goes_on_where_a_chunk_was_lost_or_doubled() -> None:
    """§5: a snapshot that was interrupted is resumed, not begun again."""
    cluster = Cluster(3, snapshot_entries_count=10, log_tail_count=1)
    leader = cluster.elect()
    behind = cluster.followers()[0].id
    cluster.partition([node.id for node in cluster.live() if node.id != behind])
    for number in range(30):
        cluster.propose(leader.id, Put(f"key-{number}", number))
        cluster.exchange()
    cluster.heal()
    sent = said(cluster, InstallSnapshot)
    treated = {5: 0, 8: 2}  # copies that arrive of the first chunk 5 and of the first chunk 8
    for _ in range(1000):
        if cluster.node(behind).applied_index == leader.applied_index:
            break
        if not cluster.letters:
            cluster.now = max(cluster.now, cluster.next_deadline() or 0)
            cluster.tick_due()
            continue
        message = cluster.letters[0].message
        newest = isinstance(message, InstallSnapshot) and message.meta.chunk_count > max(treated, default=0)
        copies = treated.pop(message.number, 1) if newest else 1
        cluster.letters[:1] = cluster.letters[:1] * copies
        for _ in range(copies):
            cluster.deliver(0)
    numbers = [message.number for message in sent if message.meta == sent[-1].meta]
    assert not treated
    assert numbers.count(5) == 2
    assert numbers == sorted(numbers)
    assert cluster.node(behind).applied_index == leader.applied_index
