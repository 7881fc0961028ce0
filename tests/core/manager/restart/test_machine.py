"""The restart policy against a naive twin, which remembers all that ever happened in the slot and counts it anew."""

from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from leading_head import WALL_NS, Swarm, task_spec
from msgspec import Struct

from core.objects.node import NodeState
from core.objects.restart_backoff import RESTART_BACKOFF_LABEL
from core.objects.service import Global, Replicated, ServiceMode
from core.objects.task import RestartCondition, RestartPolicy, Task, TaskState
from core.timing import LAN, SECOND

OWN_ENDS = (TaskState.COMPLETE, TaskState.FAILED, TaskState.REJECTED)
LONGEST_S = 20

policies = st.builds(
    RestartPolicy,
    condition=st.sampled_from(RestartCondition),
    delay_ns=st.sampled_from([1 * SECOND, 5 * SECOND]),
    max_attempts=st.sampled_from([0, 0, 1, 3]),
    window_ns=st.sampled_from([0, 30 * SECOND]),
)


class Past(Struct):
    """A task that was in the slot: made when, how long it ran, and how it ended (None: lost with its node)."""

    made_at: int
    ran_ns: int
    end: TaskState | None


class OneSlot(RuleBasedStateMachine):
    """One slot of one service; every task that was ever in it is in `past`, but for the present one."""

    @initialize(
        policy=policies,
        backs_off=st.booleans(),
        mode=st.sampled_from([Replicated(1), Global()]),
        history_limit=st.sampled_from([5, 1]),
    )
    def create(self, policy: RestartPolicy, backs_off: bool, mode: ServiceMode, history_limit: int) -> None:
        workers = 1 if isinstance(mode, Global) else 2
        self.swarm = Swarm(workers=workers, timing=LAN)
        self.policy, self.backs_off = policy, backs_off
        labels = {RESTART_BACKOFF_LABEL: f"{LONGEST_S}s"} if backs_off else {}
        self.swarm.create("web", task_spec(restart=policy), mode, labels=labels)
        self.past: list[Past] = []
        self.runs_since = self._wall_ns
        self.rests = False

    @precondition(lambda self: not self.rests)
    @rule(end=st.sampled_from(OWN_ENDS), at_once=st.booleans())
    def the_task_ends(self, end: TaskState, at_once: bool) -> None:
        """What is wanted afterwards, and when it runs, is what the twin says."""
        [task] = self.swarm.wanted("web")
        if task.status.state is not TaskState.RUNNING:
            return
        self.past.append(Past(task.created_at, self._wall_ns - self.runs_since, end))
        self.rests = not self._restarts(end)
        self.swarm.report(task, end)
        self.swarm.settle()
        wanted = self.swarm.wanted("web")
        assert len(wanted) == (not self.rests), (self.past, self.policy)
        if self.rests:
            return
        if at_once:
            self.swarm.lead()
        self._runs_after(wanted[0], self._delay_ns())

    def _runs_after(self, task: Task, delay_ns: int) -> None:
        self.swarm.run_for(delay_ns - 1)
        assert self.swarm.head.tasks[task.id].desired_state is TaskState.READY
        self.swarm.run_for(1)
        assert self.swarm.head.tasks[task.id].status.state is TaskState.RUNNING
        self.runs_since = self._wall_ns

    @precondition(lambda self: not self.rests)
    @rule()
    def the_node_is_lost_and_comes_back(self) -> None:
        [task] = self.swarm.wanted("web")
        self.past.append(Past(task.created_at, 0, None))
        self.swarm.set_state(task.node_id, NodeState.DOWN)
        self.swarm.run_for(SECOND)
        self.swarm.set_state(task.node_id, NodeState.READY)
        self.swarm.run_for(SECOND)
        [now] = self.swarm.running("web")
        assert now.id != task.id
        self.runs_since = now.status.timestamp

    @rule(seconds=st.sampled_from([1, 10, 19, 40, 100]))
    def time_passes(self, seconds: int) -> None:
        self.swarm.run_for(seconds * SECOND)
        assert len(self.swarm.running("web")) == (not self.rests)

    @rule()
    def the_leader_changes(self) -> None:
        self.swarm.lead()
        self.swarm.settle()
        assert len(self.swarm.running("web")) == (not self.rests)

    # The twin

    def _restarts(self, end: TaskState) -> bool:
        policy = self.policy
        if policy.condition is RestartCondition.NONE:
            return False
        if policy.condition is RestartCondition.ON_FAILURE and end is TaskState.COMPLETE:
            return False
        attempts = sum(
            earlier.end is not None and (not policy.window_ns or later.made_at > self._wall_ns - policy.window_ns)
            for earlier, later in pairwise(self.past)
        )
        return not policy.max_attempts or attempts < policy.max_attempts

    def _delay_ns(self) -> int:
        """Of the task that follows on the past ones, the last of which has just ended by itself."""
        if not self.backs_off:
            return self.policy.delay_ns
        row = 0
        for past in self.past:
            if past.end is not None:
                row = 1 if past.ran_ns >= LONGEST_S * SECOND else row + 1
        return min(int(self.policy.delay_ns * 2 ** (row - 1)), LONGEST_S * SECOND)

    @property
    def _wall_ns(self) -> int:
        return WALL_NS + self.swarm.now


TestOneSlot = OneSlot.TestCase
