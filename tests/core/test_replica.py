"""Gaining and losing leadership as the replicated state machine sees it."""

from random import Random

import pytest
from leading_head import task_spec
from leading_manager import SELF, WALL_NS, Leader

from core import parts
from core.ids import NodeId
from core.manager.draft import Draft
from core.manager.manager import Manager
from core.objects import Node
from core.objects.node import NodeSpec
from core.objects.service import Replicated, ServiceSpec
from core.operations import CreateService
from core.replica import Replica
from core.store import Store
from core.timing import LAN


@pytest.fixture
def replica(monkeypatch: pytest.MonkeyPatch) -> Replica:
    """A follower's copy of a swarm with thirty tasks, to be rebuilt five objects at a time."""
    monkeypatch.setattr(parts, "OBJECTS_PER_PART", 5)
    leader = Leader()
    leader.ask(CreateService(ServiceSpec("web", task_spec(), mode=Replicated(30))))

    def make_manager(committed: Store, now: int) -> Manager:
        return Manager(committed, LAN, Random(1), now, WALL_NS, SELF, lambda: now, lambda raft_id: None)

    replica = Replica(make_manager)
    replica.restore(leader.store.snapshot())
    return replica


def test_there_is_no_manager_until_it_is_ready(replica: Replica) -> None:
    steps = 0
    while not replica.lead(0):
        assert replica.manager is None
        assert replica.take_effects() == []
        steps += 1
    assert steps > 10
    assert replica.manager is not None
    replica.manager.check_invariants()


def test_leadership_lost_on_the_way_leaves_nothing_and_the_next_begins_with_what_is_committed_then(
    replica: Replica,
) -> None:
    for _ in range(7):
        assert not replica.lead(0)
    replica.unlead()
    assert replica.manager is None
    head = replica.store.copy()
    draft = Draft(head, head.index + 1, WALL_NS)
    draft.create(Node(NodeId("another"), NodeSpec()))
    replica.apply(head.index + 1, draft.transaction())
    while not replica.lead(1):
        pass
    assert replica.manager is not None
    replica.manager.check_invariants()
    transaction = replica.manager.reconcile(1, replica.store.index + 1)
    assert transaction is not None
    assert any("another" in str(change) for change in transaction.changes)
