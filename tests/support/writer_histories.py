"""Histories of writers in short: `write("a", 0, 5, index=1)`."""

from core.trials.clients import WriteOutcome, WriterSample


def write(
    key: str,
    started_at: int,
    ended_at: int,
    index: int = 0,
    outcome: WriteOutcome = WriteOutcome.ACKNOWLEDGED,
) -> WriterSample:
    """A write of a key."""
    return WriterSample("write", key, started_at, ended_at, outcome, index, False, "m1")


def read(key: str, started_at: int, ended_at: int, index: int, present: bool) -> WriterSample:
    """An answered read of a key."""
    return WriterSample("read", key, started_at, ended_at, WriteOutcome.ACKNOWLEDGED, index, present, "m2")
