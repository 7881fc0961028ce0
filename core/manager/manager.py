"""What a leading host runs: clients' writes in, transactions out, and the conversation with every agent.

Theory of operation. A `Manager` is made when this host leads and has applied all that was committed before
(`StateMachine.lead`), and dropped when it leads no longer. First it is to `prepare`: what its parts keep is found
again in the store, a bounded part of it in each step, so that a leader of many tasks goes on being heard; nothing is
committed meanwhile, since nothing is evaluated. It holds two stores: the host's *committed* one, which it
only reads, and its own *head*, a copy that is ahead by what is in flight. `evaluate` and `reconcile` write the head
through a `Draft` for a given log index; the caller must put what they return into the log at exactly that index, in
order.

Whatever others may see (assignments, routes, answers to joiners, facts) follows *committed*, never the head.
"""

from collections.abc import Callable
from random import Random
from typing import Final

from core.effects import Effect
from core.ids import NodeId
from core.manager.allocator.allocator import Allocator
from core.manager.control.control import carry_out
from core.manager.control_loops import ControlLoops
from core.manager.dispatcher.dispatcher import Dispatcher
from core.manager.draft import Draft
from core.manager.enforcer import ConstraintEnforcer
from core.manager.lifecycle import NodeLifecycle
from core.manager.members.joining import Joining
from core.manager.members.reachability import Hears, ManagerReachability
from core.manager.members.roles import RoleManager
from core.manager.observations import facts_of
from core.manager.orchestrator.global_ import GlobalOrchestrator
from core.manager.orchestrator.jobs import ReplicatedJobs
from core.manager.orchestrator.removal import ServiceRemoval
from core.manager.orchestrator.replicated import ReplicatedOrchestrator
from core.manager.reaper import Reaper
from core.manager.reconciler import Reconciler
from core.manager.restart.starter import Starter
from core.manager.scheduler.scheduler import Scheduler
from core.manager.task_moves import Writer
from core.manager.update.updater import Updater
from core.manager.wall import Wall
from core.messages import JoinRequest, Register, ToManager
from core.operations import OperationError, Write
from core.raft.effects import Observe
from core.raft.machine import Accepted, Rejected
from core.raft.members import Members, MembershipChange
from core.store import Changed, Store, Transaction
from core.timing import Timing

_READY: Final = object()


class Manager:
    """`now` is monotonic nanoseconds of this host; wall time is `now + wall_offset_ns`."""

    def __init__(
        self,
        committed: Store,
        timing: Timing,
        rng: Random,
        now: int,
        wall_offset_ns: int,
        node_id: NodeId,
        proven_at: Callable[[], int],
        hears: Hears,
    ) -> None:
        """`node_id` is this host's own, `proven_at()` when it certainly led, `hears(raft_id)` whom it hears.

        `committed` is the host's to apply to.
        """
        self._committed = committed
        self._head = committed.copy()
        self._rng = rng
        self._now = now
        self._wall = Wall(wall_offset_ns)
        self._dispatcher = Dispatcher(committed, timing, rng, now, proven_at)
        self._joining = Joining(committed, rng)
        self._roles = RoleManager(committed, self._head, rng, node_id)
        outside: list[Reconciler] = [self._dispatcher, self._joining, self._roles]
        reachability = ManagerReachability(self._head, timing.raft.election_max_ns, hears)
        inside: list[Reconciler] = [reachability, *reconcilers_of(self._head, timing, rng, self._wall)]
        self._reconcilers = outside + inside
        self._loops = ControlLoops(inside, outside)
        self._rebuilding = self._loops.rebuild(now)

    def prepare(self, now: int) -> bool:
        """One more step of getting ready; whether it is, and may be asked for anything else."""
        assert self._committed.index == self._head.index, "committed while the manager was not ready"
        self._now = now
        return next(self._rebuilding, _READY) is _READY

    def set_wall_offset(self, offset_ns: int) -> None:
        """The wall clock jumped."""
        self._wall.offset_ns = offset_ns

    def evaluate(self, now: int, index: int, operation: Write) -> Accepted | Rejected[OperationError]:
        """A client's write as a transaction for the log at `index`; applying it gives the client's answer."""
        self._now = now
        draft = self._draft(now, index)
        answer = carry_out(draft, operation, self._rng)
        if isinstance(answer, OperationError):
            assert draft.empty, operation
            return Rejected(answer)
        self._loops.tell(now, draft, Writer.NOBODY)
        return Accepted(draft.transaction(answer))

    def reconcile(self, now: int, index: int) -> Transaction | None:
        """One bounded batch of all reconcilers' work for the log at `index`. Call again until None."""
        self._now = now
        due_at = self._loops.deadline(now)
        if due_at is None or due_at > now:
            return None
        return self._loops.run(now, self._draft(now, index))

    def on_committed(self, now: int, index: int, changes: tuple[Changed, ...]) -> list[Effect]:
        """The committed store has applied the log entry at `index`, with these changes (none if it was refused)."""
        self._now = now
        effects: list[Effect] = [Observe(fact) for change in changes for fact in facts_of(change)]
        self._roles.on_committed(changes)
        effects += self._joining.on_committed(changes)
        self._dispatcher.on_committed(now, index, changes)
        return effects

    def speak(self, now: int) -> list[Effect]:
        """What agents are to be told because of what was committed; to be called once after all that a step commits."""
        self._now = now
        return self._dispatcher.speak(now)

    def receive(self, now: int, sender: NodeId, message: ToManager) -> list[Effect]:
        """A message from an agent or from a host that wants to join."""
        self._now = now
        if isinstance(message, JoinRequest):
            return self._joining.receive(message)
        effects = self._dispatcher.receive(now, sender, message)
        if isinstance(message, Register) and self._dispatcher.attempt_of(sender) == message.attempt:
            self._roles.registered(message)  # a late copy of an earlier attempt opens no session, and says what was
        return effects

    def tick(self, now: int) -> list[Effect]:
        """Time has passed: what is due goes out. `reconcile` is to be called afterwards, as after everything."""
        self._now = now
        return self._dispatcher.tick(now)

    def plan_membership(self, now: int, members: Members) -> MembershipChange | NodeId | None:
        """What Raft's membership needs next: a change, or a voter to hand leadership to (this host is demoted)."""
        self._now = now
        return self._roles.plan(now, members)

    def deadline(self, may_write: bool) -> int | None:
        """When `tick` or `reconcile` has something to do: not later than the last call if there is work already.

        While the log takes no commands (`may_write` is false), only `tick` counts: reconcilers wait for the log.
        """
        return self._loops.deadline(self._now) if may_write else self._dispatcher.deadline()

    def check_invariants(self) -> None:
        """Assert what always holds of the parts that keep more than a queue; linear in the size of the store."""
        self._loops.check_invariants()
        for part in self._reconcilers:
            if isinstance(part, Dispatcher | Allocator | Scheduler | ReplicatedOrchestrator):
                part.check_invariants()

    def _draft(self, now: int, index: int) -> Draft:
        return Draft(self._head, index, self._wall.at(now))


def reconcilers_of(head: Store, timing: Timing, rng: Random, wall: Wall) -> list[Reconciler]:
    """The control loops that read and write nothing but the head; those who finish others' work come first."""
    return [
        NodeLifecycle(head),
        ServiceRemoval(head),
        Scheduler(head),
        Allocator(head),
        Updater(head, rng, wall),
        ConstraintEnforcer(head, rng),
        ReplicatedOrchestrator(head, rng),
        GlobalOrchestrator(head, rng),
        ReplicatedJobs(head, rng),
        Starter(head, timing, wall),
        Reaper(head),
    ]
