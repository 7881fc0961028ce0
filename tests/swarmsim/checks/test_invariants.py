"""A host that is wrong between two looks at the world is noticed in the step that made it so."""

from typing import cast

from core.raft.node import RaftNode
from swarmsim.checks.digests import Invariants


class Member:
    """A Raft member that is right or wrong as told."""

    problem = ""

    def check_invariants(self, full: bool = False) -> None:
        assert not full, "too dear for every step"
        if self.problem:
            raise AssertionError(self.problem)


def test_a_step_that_breaks_an_invariant_is_noticed_though_the_next_one_mends_it() -> None:
    check, member = Invariants(), Member()
    listener = check.raft_listener()
    for at_ns, problem in enumerate(("", "applied beyond commit", "")):
        member.problem = problem
        listener(at_ns, "m2", cast(RaftNode, member), ())
    assert check.checked_count == 3
    assert check.violation is not None
    assert check.violation.at_ns == 1
    assert check.violation.detail == "assertion failed in m2's Raft member: applied beyond commit"
