"""How many commands three Raft peers in one process commit per CPU second, from proposal to the client's reply.

Messages and writes are handed over in memory, so this is the cost of the pure core and of the loop below alone. A write
is durable at its peer's next turn, and one turn covers all that was written before it (group commit). Three
loads: one client that waits for each reply; a window of 100 requests under way; batches of 100 commands per Submit.
"""

import gc
import statistics
from collections import deque
from random import Random
from time import process_time_ns
from typing import Any

from msgspec import Struct
from targets import Target

from core.durability import NO_TICKET, Persist, Persisted, Tickets
from core.ids import Address, NodeId, Ticket
from core.raft.config import RaftConfig
from core.raft.effects import Reply, Send
from core.raft.events import Propose, Received, Submit, Tick
from core.raft.machine import Accepted, Retention
from core.raft.members import Member
from core.raft.node import RaftNode
from core.raft.recovery import bootstrap, replay
from core.timing import LAN

TARGETS = {
    "one at a time": Target(50_000, "commands/s", at_least=True),
    "window of 100": Target(250_000, "commands/s", at_least=True),
    "batches of 100": Target(500_000, "commands/s", at_least=True),
}
ROUNDS = 5
SYNC = object()
"""Stands in the queue for a disk's turn."""


class Add(Struct, frozen=True, gc=False):
    """A command that weighs 100 bytes."""

    number: int
    size: int = 100


class Counter:
    """The least a state machine can do."""

    def __init__(self) -> None:
        self.total = 0
        self.retention: Retention | None = None

    def lead(self, now: int) -> bool:
        """Nothing is kept besides what is committed."""
        return True

    def unlead(self) -> None:
        """Nothing is kept besides what is committed."""

    def evaluate(self, now: int, index: int, request: Add) -> Accepted:
        return Accepted(request)

    def apply(self, index: int, command: Add) -> int:
        self.total += 1
        return self.total

    def query(self, request: Any) -> int:
        return self.total

    def snapshot(self) -> tuple[int, ...]:
        return (self.total,)

    def restore(self, chunks: tuple[int, ...]) -> None:
        (self.total,) = chunks


class Trio:
    """Three peers and the loop that carries out their effects; every write is durable as soon as it is written."""

    def __init__(self) -> None:
        members = tuple(Member(NodeId(f"n{n}"), Address(f"h{n}"), voter=True) for n in range(3))
        durable = replay(bootstrap(members))
        self.now = 0
        self.nodes = {
            member.id: RaftNode(
                RaftConfig(id=member.id, timing=LAN.raft), durable, Counter(), Tickets(), Random(member.id), 0
            )
            for member in members
        }
        self.queue: deque[tuple[NodeId, Any]] = deque()
        self.written = dict.fromkeys(self.nodes, NO_TICKET)
        """The last write of each peer that is not durable yet."""
        self.reply_count = 0

    def run(self, node_id: NodeId, event: Any) -> None:
        """One event, and all that comes of it."""
        queue, nodes, now, written = self.queue, self.nodes, self.now, self.written
        queue.append((node_id, event))
        while queue:
            node_id, event = queue.popleft()
            persist: Ticket | None = None
            if event is SYNC:
                event = Persisted(written[node_id])
                written[node_id] = NO_TICKET
            effects: list[Any] = nodes[node_id].step(now, event)
            for effect in effects:
                kind = type(effect)
                if kind is Send:
                    queue.append((effect.to, Received(node_id, effect.to, effect.message)))
                elif kind is Persist:
                    persist = effect.ticket
                elif kind is Reply:
                    self.reply_count += 1
            if persist is not None:
                if written[node_id] == 0:
                    queue.append((node_id, SYNC))
                written[node_id] = persist

    def elect(self) -> RaftNode:
        """Let time pass until one of them leads."""
        while True:
            for node in self.nodes.values():
                if node.leading:
                    return node
                deadline = node.deadline()
                if deadline is not None and deadline <= self.now:
                    self.run(node.id, Tick())
            self.now += 1_000_000


def one_at_a_time(trio: Trio, leader: RaftNode, count: int) -> None:
    """A client that waits for each reply."""
    for number in range(count):
        trio.run(leader.id, Propose(Ticket(number), Add(number)))
    assert trio.reply_count == count


def window(trio: Trio, leader: RaftNode, count: int) -> None:
    """100 requests arrive before anything else happens."""
    for first in range(0, count, 100):
        for number in range(first, first + 99):
            trio.queue.append((leader.id, Propose(Ticket(number), Add(number))))
        trio.run(leader.id, Propose(Ticket(first + 99), Add(first + 99)))
    assert trio.reply_count == count


def batches(trio: Trio, leader: RaftNode, count: int) -> None:
    """The leader's own reconcilers submit 100 commands at once."""
    for first in range(0, count, 100):
        trio.run(leader.id, Submit(tuple(Add(number) for number in range(first, first + 100))))
    assert leader.commit_index > count


def measure(load: Any, count: int) -> float:
    """Commands per CPU second of one fresh trio."""
    trio = Trio()
    leader = trio.elect()
    gc.collect()
    started_ns = process_time_ns()
    load(trio, leader, count)
    return count / (process_time_ns() - started_ns) * 1e9


def main() -> None:
    """Print the median and the range of each load, and whether the target was met."""
    print(f"{'load':<16}{'median/s':>12}{'lowest':>12}{'highest':>12}")
    for load, name, count in (
        (one_at_a_time, "one at a time", 10_000),
        (window, "window of 100", 50_000),
        (batches, "batches of 100", 200_000),
    ):
        rates = sorted(measure(load, count) for _ in range(ROUNDS))
        median = statistics.median(rates)
        print(f"{name:<16}{median:>12,.0f}{rates[0]:>12,.0f}{rates[-1]:>12,.0f}")
        print(TARGETS[name].verdict("median", median))


if __name__ == "__main__":
    main()
