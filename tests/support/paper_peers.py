"""Peers that say nothing by themselves, and the messages that a test of one claim hands them."""

from typing import Any

from raft_cluster import Cluster, node_name

from core.raft.entries import LogEntry, NoopEntry
from core.raft.events import Received
from core.raft.messages import (
    Append,
)

N1, N2, N3, N4, N5 = map(node_name, range(1, 6))


def quiet(count: int = 3, **settings: Any) -> Cluster:
    """Peers that nothing has happened to; what they say stays in `letters`."""
    return Cluster(count, **settings)


def say(cluster: Cluster, sender: Any, to: Any, message: Any) -> list[Any]:
    """Hand one message over; what its receiver says to that once it may."""
    before = len(cluster.letters)
    cluster.step(to, Received(sender, to, message))
    return [letter.message for letter in cluster.letters[before:]]


def entries(first_index: int, *terms: int) -> tuple[LogEntry, ...]:
    return tuple(NoopEntry(index, term, 1) for index, term in enumerate(terms, first_index))


def append(term: int, prev: tuple[int, int], *terms: int, commit: int = 0) -> Append[Any]:
    return Append(term, prev[0], prev[1], commit, entries(prev[0] + 1, *terms))
