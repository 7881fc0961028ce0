"""Managers leave by force and join again while disks are damaged and power fails; every check watches.

No scenario has a word for coming back, so what happens is drawn here, as data that shrinks: deeds with the host and how
long after the one before. A host that is away (it left, or has forgotten who it is) joins again before another goes.
"""

from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from core.ids import Address
from core.objects import Cluster
from core.objects.cluster import JoinTokens
from core.objects.node import NodeState
from core.operations import LeaveSwarm
from core.timing import MS, SECOND
from core.trials import faults
from core.trials.clients import WriteOutcome, WriterSample
from swarmsim.checks.suite import full_suite
from swarmsim.checks.watch import Watch
from swarmsim.player.formation import Formation
from swarmsim.player.operator import Conversation, Operator, join, leave, read_tokens, remove_node
from swarmsim.scenario.plan import ClusterPlan, WriterPlan
from swarmsim.world import NotDoneError
from swarmsim.worlds.simulated import SimulatedWorld

MANAGERS = ("m1", "m2", "m3", "m4", "m5")
BACK_WITHIN_NS = 30 * SECOND


class Story:
    """Five managers, a writer, and whoever watches."""

    def __init__(self, seed: int) -> None:
        plan = ClusterPlan(manager_count=len(MANAGERS), snapshot_every=40)
        self.world = SimulatedWorld(plan, (), seed)
        self.watch = Watch(self.world, full_suite(self.world))
        self.operator = Operator(self.world)
        self.tokens: JoinTokens | None = None
        self.samples: list[WriterSample] = []
        self._under_way: set[str] = set()
        formed: list[str] = []
        Formation(self.world, self.operator, plan, formed.append).begin()
        self.until(lambda: bool(formed))
        assert formed == [""]
        self.operator.hold(read_tokens(self._take), self._ended)
        writer = WriterPlan("writer", rate_per_s=20.0, read_rate_per_s=10.0)
        self.world.start_writer(writer, self.operator.next_manager, self._sampled)

    def _take(self, cluster: Cluster) -> None:
        self.tokens = cluster.tokens

    def _sampled(self, sample: WriterSample) -> None:
        self.samples.append(sample)
        self.watch.tell(self.world.now_ns, sample.host, sample)

    def _ended(self, problem: str) -> None:
        """What an operator's word comes to is seen in what the hosts do."""

    def until(self, condition: Callable[[], bool]) -> bool:
        """Let time pass until it holds, or for so long; whether it came to hold."""
        gives_up_at = self.world.now_ns + BACK_WITHIN_NS
        while not condition() and self.world.now_ns < gives_up_at:
            self.world.run_until(self.world.now_ns + 50 * MS)
        return condition()

    def leaves(self, host: str) -> None:
        """It goes by force."""
        self.operator.hold(leave(LeaveSwarm(force=True)), self._ended, at=host)

    def is_damaged(self, host: str) -> None:
        """Its disk has lost something that it will miss when power returns."""
        try:
            self.world.apply(faults.CorruptDisk((host,)))
        except NotDoneError:
            return
        self.loses_power(host)

    def loses_power(self, host: str) -> None:
        """For a moment."""
        undo = self.world.apply(faults.Kill((host,)))
        assert undo is not None
        undo()

    def is_cut_off(self, host: str) -> None:
        """For a second."""
        undo = self.world.apply(faults.Isolate((host,)))
        assert undo is not None
        self.world.call_at(self.world.now_ns + SECOND, undo)

    def all_are_back(self) -> bool:
        """Whoever is in no swarm joins again, operators remove what is left of it; whether all vote, and they alone."""
        leader = self.world.leader()
        statuses = [self.world.status(host) for host in MANAGERS]
        if leader is None or self.tokens is None or not all(status.lives for status in statuses):
            return False
        for status in statuses:
            if status.phase == "inactive":
                remotes = (Address(self.world.address(leader)),)
                asked = join(Address(self.world.address(status.name)), remotes, self.tokens.manager)
                self._once(status.name, asked, at=status.name)
        store = self.world.store(leader)
        assert store is not None
        known = [status.node_id for status in statuses]
        for node in list(store.nodes.values()):
            if node.id not in known and node.status.state is NodeState.DOWN:
                self._once(node.id, remove_node(node.id))
        return sorted(self.world.status(leader).voters) == sorted(status.raft_id for status in statuses)

    def _once(self, what: str, conversation: Conversation, at: str | None = None) -> None:
        """Begin it unless it is under way already."""
        if what not in self._under_way:
            self._under_way.add(what)
            self.operator.hold(conversation, lambda problem: self._under_way.discard(what), at=at)

    def acknowledged_after(self, at_ns: int) -> bool:
        """Whether a write that was begun later is done."""
        return any(sample.outcome is WriteOutcome.ACKNOWLEDGED and sample.started_at > at_ns for sample in self.samples)


DEEDS: Sequence[Callable[[Story, str], None]] = (
    Story.leaves,
    Story.is_damaged,
    Story.loses_power,
    Story.is_cut_off,
)


@settings(max_examples=12)
@given(
    st.integers(0, 2**16),
    st.lists(
        st.tuples(st.sampled_from(DEEDS), st.sampled_from(MANAGERS), st.integers(0, 3_000)), min_size=3, max_size=10
    ),
)
def test_who_leaves_and_comes_back_with_or_without_damage_breaks_nothing(
    seed: int, deeds: list[tuple[Callable[[Story, str], None], str, int]]
) -> None:
    story = Story(seed)
    for deed, host, after_ms in deeds:
        story.world.run_until(story.world.now_ns + after_ms * MS)
        if deed in (Story.leaves, Story.is_damaged):
            assert story.until(story.all_are_back), "whoever was away did not come back"
        deed(story, host)
    assert story.until(story.all_are_back), "whoever was away did not come back"
    healed_at = story.world.now_ns
    assert story.until(lambda: story.acknowledged_after(healed_at)), "no write is acknowledged"
    story.watch.finish()
    assert story.watch.violations == []
