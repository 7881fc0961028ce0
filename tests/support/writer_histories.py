"""Histories of writers in short: `write("a", 0, 5, index=1)`."""

from swarmsim.world import WriteOutcome, WriterSample


def write(
    key: str,
    started_ns: int,
    ended_ns: int,
    index: int = 0,
    outcome: WriteOutcome = WriteOutcome.ACKNOWLEDGED,
) -> WriterSample:
    """A write of a key."""
    return WriterSample("write", key, started_ns, ended_ns, outcome, index, False, "m1")


def read(key: str, started_ns: int, ended_ns: int, index: int, present: bool) -> WriterSample:
    """An answered read of a key."""
    return WriterSample("read", key, started_ns, ended_ns, WriteOutcome.ACKNOWLEDGED, index, present, "m2")
