"""A Hypothesis machine over a cluster: every fault is drawn as data, so that a failure shrinks to its shortest story.

Safety is judged after every step by `swarmsim.checks.raft` and by `raft_promises`; at the end,
what clients were told is judged, and a random majority is mended and must make progress.
"""

from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from raft_chaos import ON_A_GRID, PEERS_MAX, TIMING, WITHOUT_PRE_VOTE, Chaos
from register_history import KEYS, check_history

from core.timing import MS, RaftTiming

CHOICES = st.integers(0, 59)
"""Which machine or message, counted round: 60 is divisible by every small number of them."""


class RaftMachine(RuleBasedStateMachine):
    """One cluster of 1 to 7 voters and up to 2 learners."""

    chaos: Chaos
    healing: int
    """Decides who is mended in the end, and how broken the rest stays."""

    @initialize(
        voter_count=st.integers(1, 7),
        learner_count=st.integers(0, 2),
        seed=st.integers(0, 9),
        timing=st.sampled_from([TIMING, WITHOUT_PRE_VOTE, ON_A_GRID]),
        snapshot_entries_count=st.sampled_from([2, 1, 20]),
        healing=st.integers(0, 99),
    )
    def begin(
        self,
        voter_count: int,
        learner_count: int,
        seed: int,
        timing: RaftTiming,
        snapshot_entries_count: int,
        healing: int,
    ) -> None:
        self.healing = healing
        self.chaos = Chaos(voter_count, learner_count, seed, timing, snapshot_entries_count=snapshot_entries_count)
        self.elect()

    @rule()
    def elect(self) -> None:
        """Time passes calmly."""
        for _ in range(8):
            self.chaos.wait(100 * MS)
            self.chaos.sync_all()
            self.chaos.deliver_all(60)

    @rule(count=st.integers(1, 40))
    def deliver_in_order(self, count: int) -> None:
        self.chaos.deliver_all(count)

    @rule(choice=CHOICES)
    def deliver_any(self, choice: int) -> None:
        self.chaos.deliver(choice)

    @rule(choice=CHOICES)
    def drop(self, choice: int) -> None:
        self.chaos.drop(choice)

    @rule(choice=CHOICES)
    def duplicate(self, choice: int) -> None:
        self.chaos.duplicate(choice)

    @rule(choice=CHOICES, count=st.none() | st.integers(1, 3))
    def sync(self, choice: int, count: int | None) -> None:
        self.chaos.sync(choice, count)

    @rule()
    def sync_all(self) -> None:
        self.chaos.sync_all()

    @rule(duration_ms=st.sampled_from([10, 100, 350, 700]))
    def wait(self, duration_ms: int) -> None:
        self.chaos.wait(duration_ms * MS)

    @rule(choice=CHOICES)
    def timeout(self, choice: int) -> None:
        self.chaos.timeout(choice)

    @rule(choice=CHOICES, keep_unsynced=st.integers(0, 3), torn=st.booleans())
    def crash(self, choice: int, keep_unsynced: int, torn: bool) -> None:
        self.chaos.crash(choice, keep_unsynced, torn)

    @rule(choice=CHOICES)
    def restart(self, choice: int) -> None:
        self.chaos.restart(choice)

    @rule(choice=CHOICES)
    def pause(self, choice: int) -> None:
        self.chaos.pause(choice)

    @rule()
    def resume(self) -> None:
        self.chaos.resume()

    @rule(sides=st.integers(0, (1 << PEERS_MAX) - 1))
    def partition(self, sides: int) -> None:
        self.chaos.partition(sides)

    @rule(choice=CHOICES, other=CHOICES)
    def cut(self, choice: int, other: int) -> None:
        self.chaos.cut(choice, other)

    @rule()
    def heal(self) -> None:
        self.chaos.heal()

    @rule(choice=CHOICES, key=st.sampled_from(KEYS))
    def put(self, choice: int, key: str) -> None:
        self.chaos.put(choice, key)

    @rule(choice=CHOICES, key=st.sampled_from(KEYS), guess=CHOICES)
    def compare_and_set(self, choice: int, key: str, guess: int) -> None:
        self.chaos.compare_and_set(choice, key, guess)

    @rule(choice=CHOICES, key=st.sampled_from(KEYS))
    def get(self, choice: int, key: str) -> None:
        self.chaos.get(choice, key)

    @rule(kind=st.integers(0, 4), choice=CHOICES)
    def change_membership(self, kind: int, choice: int) -> None:
        self.chaos.change_membership(kind, choice)

    @rule(choice=CHOICES, low=st.booleans())
    def storage(self, choice: int, low: bool) -> None:
        self.chaos.storage(choice, low)

    @rule(choice=CHOICES)
    def transfer(self, choice: int) -> None:
        self.chaos.transfer(choice)

    @invariant()
    @precondition(lambda self: hasattr(self, "chaos"))
    def every_peer_is_sound(self) -> None:
        for node in self.chaos.cluster.live():
            node.check_invariants(full=True)

    def teardown(self) -> None:
        if hasattr(self, "chaos"):
            self.chaos.heal_quorum(Random(self.healing))
            self.chaos.expect_progress()
            check_history(self.chaos.cluster, self.chaos.calls)


RaftMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=60)
TestRaft = RaftMachine.TestCase
