"""An agent's session with the leader's dispatcher: finding the leader, registering, beating, noticing loss.

Theory of operation. Without a session the agent asks one manager after another to register it; a manager that
does not lead says who does. Attempts are numbered, and only the answer to the last one counts. An attempt that is not
answered is repeated, given up after half a heartbeat, and each failure makes the wait before the next longer, at
random, so that agents do not come in step.

In a session the agent beats as often as it is told to, and five times as often while its last beat is unanswered: so
a lossy network delays a beat and does not look like death. When half the dispatcher's grace has passed in silence, or
the link to the manager broke, the session is *doubted*: it still holds, but the agent looks for the leader as if it had
none, and whichever comes first decides: a word from the old session, or a new one. After the whole grace the session
is lost. A leader that knows less of the log than this agent has already followed has been deposed, whether it knows or
not, and gets no session.
"""

from enum import Enum
from random import Random
from typing import Final

from core.agent.fence import Proof
from core.backoff import Backoff
from core.effects import Effect
from core.facts import AgentConnected, AgentDisconnected, Refused
from core.ids import Address, NodeId, SessionId
from core.messages import Beat, BeatAnswer, Manager, NotLeader, Register, Registered
from core.objects.node import NodeDescription
from core.raft.effects import Observe, Send
from core.timing import NEVER, DispatcherTiming

MAX_MANAGERS: Final = 32
"""Most managers remembered: those the leader named, then those others named."""
REPEATS_PER_BEAT: Final = 5
"""How often what is unanswered is repeated within a heartbeat. With 30 % of messages lost, a grace of 4 is 20 tries."""
_ATTEMPT_BITS: Final = 48
"""Attempts count from a random number, so that a restarted agent never repeats one of its earlier life, nor seems late.

See `core.manager.dispatcher.registrations`."""


class SessionState(Enum):
    """What an agent has."""

    SEEKING = "seeking"
    HELD = "held"
    DOUBTED = "doubted"


class SessionStimulus(Enum):
    """What changes that."""

    REGISTERED = "registered"
    HEARD = "heard"
    HALF_SILENT = "silent for half the grace, or link down"
    SILENT = "silent for the whole grace"
    UNKNOWN = "session unknown"


TRANSITIONS: Final[dict[SessionState, dict[SessionStimulus, SessionState]]] = {
    SessionState.SEEKING: {SessionStimulus.REGISTERED: SessionState.HELD},
    SessionState.HELD: {
        SessionStimulus.HALF_SILENT: SessionState.DOUBTED,
        SessionStimulus.UNKNOWN: SessionState.SEEKING,
    },
    SessionState.DOUBTED: {
        SessionStimulus.HEARD: SessionState.HELD,
        SessionStimulus.REGISTERED: SessionState.HELD,
        SessionStimulus.SILENT: SessionState.SEEKING,
        SessionStimulus.UNKNOWN: SessionState.SEEKING,
    },
}
"""What is not listed changes nothing."""


class Session:
    """`id` and `manager_id` are meaningful unless `state` is SEEKING;

    `description`, `raft_id` are what is registered.
    """

    def __init__(self, node_id: NodeId, address: Address, timing: DispatcherTiming, rng: Random, now: int) -> None:
        self.state = SessionState.SEEKING
        self.id = SessionId("")
        self.manager_id = NodeId("")
        self.managers: tuple[Manager, ...] = ()
        self.description = NodeDescription()
        self.raft_id = NodeId("")
        self.assigned_raft_id: NodeId | None = None
        self.assigned_at_version = 0
        self._node_id = node_id
        self._address = address
        self._timing = timing
        self._rng = rng
        self._backoff = Backoff(timing.backoff_min_ns, timing.backoff_max_ns)
        self._attempt = rng.getrandbits(_ATTEMPT_BITS)
        self._turn = rng.getrandbits(16)
        self._asked: Manager | None = None
        self._repeat_at = now
        self._introducing_as = self._introduced_as = self._introduction
        self._redirected = False
        self._attempt_at = now
        self._heartbeat_ns = timing.heartbeat_ns
        self._heard_at = now
        self._beat_at = now
        self._beat = 0
        self._beat_answered = 0
        self.proof = Proof(now)
        self.beat_within_ns = NEVER
        """It beats this often at least, whatever the dispatcher says: for tasks with a fence."""

    # Managers

    def learn(self, managers: tuple[Manager, ...]) -> bool:
        """These are the managers, says one who knows; whether that is news."""
        if not managers or managers == self.managers:
            return False
        self.managers = managers[:MAX_MANAGERS]
        return True

    def _hear_of(self, managers: tuple[Manager, ...]) -> None:
        """These are managers, says one who may be out of date."""
        known = {manager.node_id for manager in self.managers}
        self.managers += tuple(manager for manager in managers if manager.node_id not in known)
        self.managers = self.managers[:MAX_MANAGERS]

    def _find(self, leader: Manager) -> None:
        """This one leads, says one who follows it: where it is now counts, and not where it once was."""
        self.managers = tuple(leader if leader.node_id == known.node_id else known for known in self.managers)

    # What happens

    def registered(self, now: int, sender: NodeId, message: Registered, index: int, out: list[Effect]) -> bool:
        """An attempt succeeded; whether a new session begins. `index`: the latest log index this agent has followed."""
        if message.attempt != self._attempt or message.session_id == self.id:
            return False
        if message.index < index:
            out.append(Observe(Refused(sender, f"leads at index {message.index}, but {index} is known")))
            return False
        if self.id:
            out.append(Observe(AgentDisconnected(self.id)))
        self.id, self.manager_id = message.session_id, sender
        self._introduced_as = self._introducing_as
        self._asked = None
        self._move(SessionStimulus.REGISTERED)
        self._backoff.reset()
        self._beat = self._beat_answered = 0
        self.proof.begin()
        self._adopt(now, message)
        self._beat_at = now  # the first beat tells the dispatcher that it may begin
        out.append(Observe(AgentConnected(sender, self.id)))
        return True

    def beat_answered(self, now: int, message: BeatAnswer) -> bool:
        """The leader heard a beat; whether that was news."""
        if message.session_id != self.id or message.sequence <= self._beat_answered:
            return False
        self._beat_answered = message.sequence
        self.proof.answered(message.sequence, message.proof_age_ns)
        self._adopt(now, message)
        if not self._introduction_is_due:
            self._move(SessionStimulus.HEARD)
        return True

    def not_leader(self, now: int, message: NotLeader, out: list[Effect]) -> None:
        """The manager asked does not lead: ask the one that it says does, or wait and ask another."""
        if message.attempt != self._attempt or not self._seeking:
            return
        self._hear_of(message.managers)
        if message.leader is not None:
            self._find(message.leader)
        if message.leader is not None and message.leader != self._asked and not self._redirected:
            self._redirected = True
            self._ask(now, message.leader, out)
        else:
            self._redirected = False
            self._asked = None
            self._attempt_at = now + self._rng.randrange(self._backoff.next_ns())

    def unknown(self, now: int, session_id: SessionId, out: list[Effect]) -> None:
        """The manager holds no such session."""
        if session_id == self.id and self.id:
            self._lose(now, SessionStimulus.UNKNOWN, out)

    def link_down(self, now: int, peer: NodeId) -> None:
        """The connection to a peer broke."""
        if peer == self.manager_id:
            self._doubt(now)

    def describe(self, now: int, description: NodeDescription) -> None:
        """What this host is; a change is told by registering again."""
        self.description = description
        if self._introduction_is_due:
            self._doubt(now)

    def identify(self, now: int, raft_id: NodeId) -> None:
        """Which Raft member this host is; a change is told by registering again."""
        self.raft_id = raft_id
        if self._introduction_is_due:
            self._doubt(now)

    def relocate(self, now: int, address: Address) -> None:
        """Where this host is reached; a change is told by registering again."""
        self._address = address
        if self._introduction_is_due:
            self._doubt(now)

    def tick(self, now: int, out: list[Effect]) -> None:
        """Beat, doubt, lose, seek: what is due."""
        if self.id:
            if now >= self._heard_at + self._grace_ns:
                self._doubt(now)
                self._lose(now, SessionStimulus.SILENT, out)
            elif now >= self._heard_at + self._grace_ns // 2:
                self._doubt(now)
        if self.id and now >= self._beat_at:
            self._beat += 1
            self._beat_at = now + self._heartbeat_ns // REPEATS_PER_BEAT
            self.proof.sent(now, self._beat)
            out.append(Send(self.manager_id, Beat(self.id, self._beat)))
        if self._seeking and self.managers and now >= self._attempt_at:
            self._redirected = False
            self._ask(now, self._next_manager(), out)
        elif self._seeking and self._asked is not None and now >= self._repeat_at:
            self._repeat(now, self._asked, out)

    def deadline(self) -> int | None:
        """When `tick` has something to do."""
        if self.state is SessionState.HELD:
            return min(self._beat_at, self._heard_at + self._grace_ns // 2)
        times = [self._beat_at, self._heard_at + self._grace_ns] if self.id else []
        if self.managers:
            times.append(self._attempt_at)
            if self._asked is not None:
                times.append(self._repeat_at)
        return min(times, default=None)

    def check_invariants(self) -> None:
        """Assert what always holds."""
        assert bool(self.id) == (self.state is not SessionState.SEEKING), (self.id, self.state)
        assert self._beat_answered <= self._beat

    # How

    @property
    def _seeking(self) -> bool:
        return self.state is not SessionState.HELD

    @property
    def _grace_ns(self) -> int:
        return self._heartbeat_ns * self._timing.grace_factor

    def _adopt(self, now: int, message: Registered | BeatAnswer) -> None:
        self._heard_at = now
        self._heartbeat_ns = message.heartbeat_ns
        self._beat_at = now + min(message.heartbeat_ns, self.beat_within_ns)
        if message.node_version >= self.assigned_at_version:
            self.assigned_raft_id, self.assigned_at_version = message.raft_id, message.node_version

    def _next_manager(self) -> Manager:
        """Whom to ask: the one that leads if this is only to introduce itself again, else the next in turn."""
        if self.id and self._introduction_is_due:
            for manager in self.managers:
                if manager.node_id == self.manager_id:
                    return manager
        self._turn += 1
        return self.managers[self._turn % len(self.managers)]

    @property
    def _introduction_is_due(self) -> bool:
        return self._introduced_as != self._introduction

    @property
    def _introduction(self) -> tuple[NodeId, Address, NodeDescription]:
        return self.raft_id, self._address, self.description

    def _ask(self, now: int, manager: Manager, out: list[Effect]) -> None:
        """Send the next attempt; if it is not answered, the one after follows by itself."""
        self._attempt += 1
        self._asked = manager
        self._introducing_as = self._introduction
        self._attempt_at = now + self._heartbeat_ns // 2 + self._rng.randrange(self._backoff.next_ns())
        self._repeat(now, manager, out)

    def _repeat(self, now: int, manager: Manager, out: list[Effect]) -> None:
        raft_id, address, description = self._introducing_as
        self._repeat_at = now + self._heartbeat_ns // REPEATS_PER_BEAT
        out.append(Send(manager.node_id, Register(self._attempt, self._node_id, raft_id, address, description)))

    def _doubt(self, now: int) -> None:
        if self.state is SessionState.HELD:
            self._move(SessionStimulus.HALF_SILENT)
            self._attempt_at = now

    def _lose(self, now: int, stimulus: SessionStimulus, out: list[Effect]) -> None:
        out.append(Observe(AgentDisconnected(self.id)))
        seeking_already = self._seeking
        self._move(stimulus)
        self.id = SessionId("")
        if not seeking_already:
            self._attempt_at = now

    def _move(self, stimulus: SessionStimulus) -> None:
        self.state = TRANSITIONS[self.state].get(stimulus, self.state)
