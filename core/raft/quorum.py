"""Arithmetic of majorities. Plain functions without state."""

from collections.abc import Sequence


def quorum_size(voter_count: int) -> int:
    """The least number of voters that is a majority: any two majorities overlap. 0 voters have none: 1."""
    return voter_count // 2 + 1


def reached_by_quorum(values: Sequence[int]) -> int:
    """The highest value that a majority has reached, given each voter's own.

    With match indexes it is what is replicated on a majority; with times of last contact, the moment since when a
    majority has been silent; with rounds, the last round that a majority confirmed. No voters reach 0.
    """
    # Sorted, a majority is at or above position count - quorum_size(count), which is this.
    return sorted(values)[(len(values) - 1) // 2] if values else 0
