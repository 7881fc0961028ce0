"""The yardstick of benchmarks/simulator.py: Raft as one would write it in SimPy, a process and a Store per peer.

Elections, replication, commit by counting; no disk, PreVote, snapshots, membership or reads. Times in seconds.
"""

from collections.abc import Generator
from random import Random
from typing import Any

import simpy

HEARTBEAT, ELECTION, LATENCY = 0.05, (0.3, 0.6), 0.001
Steps = Generator[simpy.Event, Any, None]


class Cluster:
    def __init__(self, peer_count: int, seed: int) -> None:
        self.env, self.rng, self.message_count = simpy.Environment(), Random(seed), 0
        self.peers = [Peer(self, number, peer_count) for number in range(peer_count)]

    def send(self, to: int, *message: Any) -> None:
        self.message_count += 1
        arrival: Any = self.env.timeout(LATENCY)
        arrival.callbacks.append(lambda _: self.peers[to].inbox.put(message))


class Peer:
    def __init__(self, cluster: Cluster, number: int, peer_count: int) -> None:
        self.cluster, self.number, self.inbox = cluster, number, simpy.Store(cluster.env)
        self.others = [other for other in range(peer_count) if other != number]
        self.majority = peer_count // 2 + 1
        self.role, self.term, self.vote, self.votes, self.commit_index = "follower", 0, -1, 0, 0
        self.log: list[tuple[int, Any]] = [(0, None)]
        self.next, self.match = [1] * peer_count, [0] * peer_count
        cluster.env.process(self.run())

    def run(self) -> Steps:
        env, rng, restart, wake_at = self.cluster.env, self.cluster.rng, True, 0.0
        while True:
            if restart:
                wake_at = env.now + (HEARTBEAT if self.role == "leader" else rng.uniform(*ELECTION))
            arrival: Any = self.inbox.get()
            yield env.any_of((arrival, env.timeout(max(0, wake_at - env.now))))
            if arrival.triggered:
                kind, term, *arguments = arrival.value
                if term > self.term:
                    self.role, self.term, self.vote = "follower", term, -1
                restart = term == self.term and getattr(self, "on_" + kind)(*arguments)
            else:
                arrival.cancel()
                restart = self.on_timeout()

    def on_timeout(self) -> bool:
        if self.role != "leader":
            self.role, self.term, self.vote, self.votes = "candidate", self.term + 1, self.number, 1
        for to in self.others:
            if self.role == "leader":
                self.append_to(to)
            else:
                self.cluster.send(to, "ask", self.term, self.number, self.log[-1][0], len(self.log))
        return True

    def on_ask(self, candidate: int, last_term: int, length: int) -> bool:
        granted = self.vote in (-1, candidate) and (last_term, length) >= (self.log[-1][0], len(self.log))
        if granted:
            self.vote = candidate
            self.cluster.send(candidate, "voted", self.term)
        return granted

    def on_voted(self) -> bool:
        self.votes += 1
        if self.role != "candidate" or self.votes < self.majority:
            return False
        self.role, self.next, self.match = "leader", [len(self.log)] * len(self.next), [0] * len(self.next)
        return self.on_timeout()

    def propose(self, command: Any) -> None:
        self.log.append((self.term, command))
        for to in self.others:
            self.append_to(to)

    def append_to(self, to: int) -> None:
        prev, entries = self.next[to] - 1, self.log[self.next[to] :]
        self.cluster.send(to, "append", self.term, self.number, prev, self.log[prev][0], entries, self.commit_index)

    def on_append(self, leader: int, prev: int, prev_term: int, entries: list[Any], commit_index: int) -> bool:
        self.role, agrees = "follower", prev < len(self.log) and self.log[prev][0] == prev_term
        if agrees:
            self.log[prev + 1 :] = entries
            self.commit_index = max(self.commit_index, min(commit_index, prev + len(entries)))
        self.cluster.send(leader, "acked", self.term, self.number, agrees, prev + len(entries) if agrees else prev - 1)
        return True

    def on_acked(self, follower: int, agrees: bool, index: int) -> bool:
        self.match[follower] = max(self.match[follower], index if agrees else 0)
        self.next[follower] = max(self.match[follower], index) + 1
        reached = sorted([*(self.match[other] for other in self.others), len(self.log) - 1])[-self.majority]
        if self.role == "leader" and self.log[reached][0] == self.term:
            self.commit_index = max(self.commit_index, reached)
        return False
