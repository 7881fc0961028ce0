"""Hosts leave by force and join again: as a story says it, and while disks are damaged and power fails.

Beside what fuzz draws, what happens is drawn here as data that shrinks: deeds with the host and how long after the one
before. A host that is away (it left, or has forgotten who it is) joins again before another goes.
"""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.compose.stack import Stack
from core.objects import Cluster
from core.objects.cluster import JoinTokens
from core.objects.node import NodeState
from core.phases import HostPhase
from core.timing import MS, SECOND
from core.trials import faults
from core.trials.clients import WriteOutcome, WriterSample
from swarmsim.checks.suite import full_suite
from swarmsim.checks.watch import Watch
from swarmsim.play import play_simulated
from swarmsim.player.conversations import join, leave, read_tokens, remove_node
from swarmsim.player.formation import Formation, join_order
from swarmsim.player.operator import Conversation, Operator
from swarmsim.recording import Recording, Ruling
from swarmsim.scenario.loader import decode
from swarmsim.scenario.plan import ClusterPlan, WriterPlan
from swarmsim.world import NotDoneError
from swarmsim.worlds.simulated import SimulatedWorld
from swarmsim.yaml_source import parse

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
        self.operator.hold(leave(self.world, host), self._ended, at=host)

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
            if status.phase is HostPhase.INACTIVE:
                asked = join(join_order(self.world, status.name, self.tokens))
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


STORY = """
name: One comes back
cluster: {managers: 3, workers: 1}
timeline:
%s
expect:
  - {after: 8s, members: {managers: 3, workers: 1}, within: 20s}
  - {after: 8s, caught-up: managers, within: 20s}
end: 40s
"""


def played(*timeline: str) -> Recording:
    text = STORY % "\n".join(f"  - {step}" for step in timeline)
    return play_simulated(decode(parse("story.yaml", text), text, refuse_stacks), 1)


def refuse_stacks(name: str, files: tuple[str, ...]) -> Stack:
    raise AssertionError(f"nothing deploys {name} from {files}")


@pytest.mark.parametrize(
    "goes",
    [
        ("{at: 1s, leave: m2}",),
        ("{at: 1s, leave: w1}",),
        ("{at: 1s, remove-node: m2}",),
        ("{at: 1s, lose-disk: m2}", "{at: 3s, restart: killed}"),
        ("{at: 1s, kill: m2}", "{at: 2s, remove-node: m2}", "{at: 3s, restart: m2}"),
    ],
    ids=" ".join,
)
def test_who_joins_again_is_a_member_and_nothing_is_left_of_what_it_was(goes: tuple[str, ...]) -> None:
    host = "w1" if "w1" in goes[0] else "m2"
    recording = played(*goes, f"{{at: 8s, rejoin: {host}}}")
    assert recording.problems == ()
    assert [verdict.detail for verdict in recording.verdicts if verdict.ruling is Ruling.VIOLATED] == []
    assert [len({*record.node_ids}) > 1 for record in recording.hosts if record.name == host] == [True]
    without = played(*goes)
    assert without.verdicts[0].ruling is Ruling.VIOLATED, "without, it does not come back"


def test_whoever_is_gone_can_be_named_as_a_group_until_it_is_back() -> None:
    recording = played("{at: 1s, leave: [m2, w1]}", "{at: 8s, rejoin: gone}", "{at: 20s, rejoin: gone}")
    assert [band.hosts for band in recording.faults] == [("m2", "w1"), ("m2", "w1")]
    assert recording.problems == ("line 7: rejoin: gone at 20s could not be played: it fits nobody now",)
    assert recording.verdicts[0].ruling is Ruling.HELD


def test_of_three_managers_a_second_does_not_leave_before_the_first_is_back() -> None:
    recording = played("{at: 1s, leave: m2}", "{at: 2s, leave: m3}", "{at: 8s, rejoin: m2}", "{at: 15s, leave: m1}")
    [problem] = recording.problems
    assert "leave: m3 at 2s was not carried out: m3 cannot leave" in problem
