"""Each safety property of Raft rejects histories made by hand that break it, and passes one that does not."""

from collections.abc import Callable

import pytest

from core.ids import NodeId
from core.raft.entries import CommandEntry, LogEntry, NoopEntry
from core.raft.log import RaftLog
from swarmsim.checks.raft import RaftHistory, RaftViolation

A, B, C = NodeId("a"), NodeId("b"), NodeId("c")


def noop(index: int, term: int) -> LogEntry:
    return NoopEntry(index, term, 1)


def command(index: int, term: int, text: str) -> LogEntry:
    return CommandEntry(index, term, 1, text)


def log(*terms: int) -> RaftLog:
    return RaftLog([noop(index, term) for index, term in enumerate(terms, 1)], 0, 0)


def two_leaders(history: RaftHistory) -> None:
    history.elected(A, 3, log())
    history.elected(B, 3, log())


def two_leaders_with_others_between(history: RaftHistory) -> None:
    history.elected(A, 3, log())
    history.elected(B, 4, log())
    history.elected(C, 3, log())


def two_leaders_after_a_restart(history: RaftHistory) -> None:
    history.elected(A, 3, log())
    history.restarted(A, 0)
    history.elected(C, 3, log())


def a_leader_overwrites(history: RaftHistory) -> None:
    history.elected(A, 3, log(1, 1))
    history.appended(A, 3, [noop(3, 3)])
    history.appended(A, 3, [noop(3, 3)])


def a_leader_skips_an_index(history: RaftHistory) -> None:
    history.elected(A, 3, log(1, 1))
    history.appended(A, 3, [noop(4, 3)])


def a_leader_writes_in_another_term(history: RaftHistory) -> None:
    history.elected(A, 3, log(1, 1))
    history.appended(A, 3, [noop(3, 2)])


def one_index_and_term_two_commands(history: RaftHistory) -> None:
    history.appended(A, 0, [command(1, 1, "x")])
    history.appended(B, 0, [command(1, 1, "y")])


def one_entry_two_kinds(history: RaftHistory) -> None:
    history.appended(A, 0, [command(1, 1, "x")])
    history.appended(B, 0, [noop(1, 1)])


def one_entry_two_predecessors(history: RaftHistory) -> None:
    history.appended(A, 0, [noop(1, 1), noop(2, 3)])
    history.appended(B, 0, [noop(1, 2), noop(2, 3)])


def a_leader_lacks_what_is_committed(history: RaftHistory) -> None:
    history.committed(A, 1, [noop(1, 1), noop(2, 1)])
    history.elected(B, 2, log(1))


def a_leader_has_another_entry_there(history: RaftHistory) -> None:
    history.committed(A, 2, [noop(1, 1), noop(2, 2)])
    history.elected(B, 3, log(1, 1))


def a_leader_lacks_what_was_committed_long_ago(history: RaftHistory) -> None:
    history.committed(A, 1, [noop(1, 1)])
    history.elected(A, 2, log(1))
    history.elected(B, 9, log())


def two_entries_committed(history: RaftHistory) -> None:
    history.committed(A, 1, [noop(1, 1)])
    history.committed(B, 2, [noop(1, 2)])


def two_commands_applied(history: RaftHistory) -> None:
    history.applied(A, 1, "x")
    history.applied(B, 1, "y")


def applied_out_of_order(history: RaftHistory) -> None:
    history.applied(A, 2, "x")
    history.applied(A, 1, "y")


def applied_twice_at_an_index(history: RaftHistory) -> None:
    history.applied(A, 1, "x")
    history.applied(A, 1, "x")


def applied_before_the_snapshot(history: RaftHistory) -> None:
    history.restarted(A, 7)
    history.applied(A, 7, "x")


def a_request_applied_twice(history: RaftHistory) -> None:
    history.applied(A, 1, "x", request=("session", 1))
    history.applied(A, 2, "x", request=("session", 1))


def a_request_applied_twice_by_different_peers(history: RaftHistory) -> None:
    history.applied(A, 1, "x", request=("session", 1))
    history.applied(B, 2, "x", request=("session", 1))


def a_request_applied_again_after_a_restart(history: RaftHistory) -> None:
    history.applied(A, 1, "x", request=("session", 1))
    history.restarted(A, 0)
    history.applied(A, 3, "x", request=("session", 1))


BAD: list[tuple[str, Callable[[RaftHistory], None]]] = [
    ("Election Safety", two_leaders),
    ("Election Safety", two_leaders_with_others_between),
    ("Election Safety", two_leaders_after_a_restart),
    ("Leader Append-Only", a_leader_overwrites),
    ("Leader Append-Only", a_leader_skips_an_index),
    ("Leader Append-Only", a_leader_writes_in_another_term),
    ("Log Matching", one_index_and_term_two_commands),
    ("Log Matching", one_entry_two_kinds),
    ("Log Matching", one_entry_two_predecessors),
    ("Leader Completeness", a_leader_lacks_what_is_committed),
    ("Leader Completeness", a_leader_has_another_entry_there),
    ("Leader Completeness", a_leader_lacks_what_was_committed_long_ago),
    ("State Machine Safety", two_entries_committed),
    ("State Machine Safety", two_commands_applied),
    ("State Machine Safety", applied_out_of_order),
    ("State Machine Safety", applied_twice_at_an_index),
    ("State Machine Safety", applied_before_the_snapshot),
    ("Once-only", a_request_applied_twice),
    ("Once-only", a_request_applied_twice_by_different_peers),
    ("Once-only", a_request_applied_again_after_a_restart),
]


@pytest.mark.parametrize(("prop", "story"), BAD, ids=[story.__name__ for _, story in BAD])
def test_a_bad_history_is_rejected(prop: str, story: Callable[[RaftHistory], None]) -> None:
    with pytest.raises(RaftViolation, match=prop):
        story(RaftHistory())


def test_a_good_history_passes() -> None:
    history = RaftHistory()
    history.elected(A, 1, log())
    history.appended(A, 1, [noop(1, 1), command(2, 1, "x")])
    history.appended(B, 0, [noop(1, 1), command(2, 1, "x")])
    history.committed(A, 1, [noop(1, 1), command(2, 1, "x")])
    history.applied(A, 2, "x", request=("session", 1))
    history.applied(B, 2, "x", request=("session", 1))
    history.restarted(A, 0)
    history.applied(A, 2, "x", request=("session", 1))
    history.elected(B, 2, RaftLog([noop(1, 1), command(2, 1, "x")], 0, 0))


def test_a_late_winner_of_an_old_term_need_not_have_what_a_newer_term_committed() -> None:
    history = RaftHistory()
    history.committed(A, 8, [noop(1, 8)])
    history.elected(B, 6, log(6))
