"""A whole `Manager` over a committed store, with a log that commits at once: no Raft, no network."""

from random import Random

from core.effects import Effect
from core.ids import Address, ClusterId, NodeId
from core.manager.manager import Manager
from core.messages import Beat, Register, Registered, ToManager
from core.objects.cluster import JoinTokens
from core.objects.node import NodeDescription
from core.operations import FoundSwarm, InitSwarm, OperationError, Write
from core.raft.effects import Observe
from core.raft.machine import Rejected
from core.raft.members import AddMember, Member, Members, MembershipChange, RemoveMember, UpdateAddress
from core.store import Conflict, Store, Transaction
from core.timing import LAN, SECOND

WALL_NS = 1_700_000_000 * SECOND
TOKENS = JoinTokens("worker-token", "manager-token")
SELF = NodeId("m1")


class Leader:
    """The first manager of a swarm, founded from the start; `effects` collects what it wants sent."""

    def __init__(self, seed: int = 1) -> None:
        self.now = 0
        self.index = 0
        self.store = Store()
        self.effects: list[Effect] = []
        self.members: Members = (Member(NodeId("raft-m1"), Address("192.0.2.1:2377"), voter=True),)
        self.heard: dict[NodeId, bool] = {}
        """What Raft can say of its members: of a Raft id, whether it is heard."""
        self.rng = Random(seed)
        self.lead()
        self.ask(
            FoundSwarm(
                operation=InitSwarm(Address("192.0.2.1:2377")),
                tokens=TOKENS,
                cluster_id=ClusterId("cluster"),
                node_id=SELF,
                raft_id=NodeId("raft-m1"),
                description=NodeDescription("m1"),
            )
        )

    def lead(self) -> None:
        """A manager made anew over the committed store."""
        self.manager = Manager(self.store, LAN, self.rng, self.now, WALL_NS, SELF, lambda: self.now, self.hears)
        while not self.manager.prepare(self.now):
            pass

    def ask(self, operation: Write) -> object:
        """A client's write, and all that the leader does because of it."""
        outcome = self.manager.evaluate(self.now, self.index + 1, operation)
        if isinstance(outcome, Rejected):
            assert isinstance(outcome.error, OperationError)
            return outcome.error
        self._commit(outcome.command)
        self.settle()
        return outcome.command.answer

    def hear(self, sender: NodeId, message: ToManager) -> list[Effect]:
        """A message; what the manager says at once and once everything is settled."""
        self.effects.clear()
        self.effects += self.manager.receive(self.now, sender, message)
        self.settle()
        return [effect for effect in self.effects if not isinstance(effect, Observe)]

    def register(self, name: str, raft_id: str = "", attempt: int = 1) -> list[Effect]:
        """An agent's first message, and its first word in the session."""
        address = Address(f"{name}:2377")
        message = Register(attempt, NodeId(name), NodeId(raft_id), address, NodeDescription(name))
        effects = self.hear(NodeId(name), message)
        sessions = [sent for each in effects if isinstance(sent := getattr(each, "message", None), Registered)]
        if sessions:
            self.hear(NodeId(name), Beat(sessions[-1].session_id, 1))
        return effects

    def settle(self) -> None:
        """Reconcile until nothing is left."""
        for _ in range(100):
            transaction = self.manager.reconcile(self.now, self.index + 1)
            if transaction is None:
                self.manager.check_invariants()
                self.store.check_invariants(full=True)
                return
            self._commit(transaction)
        raise AssertionError("the manager does not come to rest")

    def run_for(self, duration_ns: int) -> None:
        """Let time pass, stopping at every deadline."""
        end = self.now + duration_ns
        for _ in range(10_000):
            at = self.manager.deadline(may_write=True)
            if at is None or at > end:
                break
            self.now = max(self.now, at)
            self.effects += self.manager.tick(self.now)
            self.settle()
        self.now = end

    def _commit(self, transaction: Transaction) -> None:
        self.index += 1
        changes = self.store.apply(self.index, transaction)
        assert not isinstance(changes, Conflict), changes
        self.effects += self.manager.on_committed(self.now, self.index, changes)
        self.effects += self.manager.speak(self.now)

    # Raft's part

    def hears(self, raft_id: NodeId) -> bool | None:
        """Whether Raft hears that member; None while it cannot say."""
        return self.heard.get(raft_id)

    def plan(self) -> MembershipChange | NodeId | None:
        """One step of Raft's membership."""
        return self.manager.plan_membership(self.now, self.members)

    def carry_out(self, change: MembershipChange | NodeId | None) -> None:
        """Do such a step; who is added is caught up and votes at once."""
        if isinstance(change, AddMember):
            self.members = (*self.members, Member(change.id, change.address, voter=True))
        elif isinstance(change, RemoveMember):
            self.members = tuple(member for member in self.members if member.id != change.id)
        elif isinstance(change, UpdateAddress):
            self.members = tuple(
                Member(member.id, change.address, member.voter) if member.id == change.id else member
                for member in self.members
            )
        self.plan_settles()

    def plan_settles(self) -> None:
        """The manager sees the membership, and reconciles."""
        self.plan()
        self.settle()

    def follow_plans(self) -> list[object]:
        """Carry out all that is planned."""
        done: list[object] = []
        while (step := self.plan()) is not None and len(done) < 20:
            done.append(step)
            if isinstance(step, str):
                break
            self.carry_out(step)
        return done
