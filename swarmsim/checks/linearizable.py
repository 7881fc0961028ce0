"""Linearizable histories of the writers, however long: judged by the log index of each operation.

Theory of operation. A write happens at its log index and a read at the index it was served at, so the order is known
and no search is needed: a history is linearizable in that order if the order respects real time (what ended before
another began comes no later) and every read shows exactly the writes up to its index. A write whose outcome is unknown
has no index; it may be done at any time, but once a read has shown it, later reads must. A key is written at most
once, so this says all there is to say: a test holds that a search for such an order agrees. Keys that were written, or
read, at an index that a swarm begun anew by force may have lost are left out. So are reads that found nothing where a
host led a group apart: they name no index.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from core.facts import BegunAnew
from core.trials.clients import WriteOutcome, WriterSample
from swarmsim.checks.beginnings import Beginnings
from swarmsim.checks.check import Check
from swarmsim.world import FactListener, World


class Linearizable(Check):
    """All writers together: they share one log."""

    name = "linearizable"

    def __init__(self) -> None:
        super().__init__()
        self._history: list[WriterSample] = []
        self._beginnings = Beginnings()

    def handlers(self) -> Mapping[type, FactListener]:
        return {
            WriterSample: lambda _at_ns, _host, sample: self._history.append(sample),
            BegunAnew: self._beginnings.note,
        }

    def judge(self, history: Sequence[WriterSample]) -> None:
        """The whole history of a run, in any order."""
        self.checked_count += len(history)
        answered = [sample for sample in history if sample.outcome is WriteOutcome.ACKNOWLEDGED]
        self._judge_indexes(answered)
        self._judge_real_time(answered)
        by_key: defaultdict[str, list[WriterSample]] = defaultdict(list)
        for sample in history:
            by_key[sample.key].append(sample)
        for samples in by_key.values():
            self._judge_key(samples)

    def finish(self, world: World) -> None:
        lost = {sample.key for sample in self._history if self._beginnings.excuse(sample.index)}
        self.judge(
            [sample for sample in self._history if sample.key not in lost and not self._found_nothing_apart(sample)]
        )

    def _found_nothing_apart(self, sample: WriterSample) -> bool:
        is_unplaced = sample.kind == "read" and not sample.index
        return is_unplaced and self._beginnings.leads_apart(sample.host, sample.ended_at)

    def _judge_indexes(self, answered: Sequence[WriterSample]) -> None:
        taken: dict[int, str] = {}
        for sample in answered:
            if sample.kind == "write" and taken.setdefault(sample.index, sample.key) != sample.key:
                detail = f"index {sample.index} was given to {taken[sample.index]} and to {sample.key}"
                self.fail(sample.ended_at, detail)

    def _judge_real_time(self, answered: Sequence[WriterSample]) -> None:
        """Walk in order of start; `latest` is the highest index among all that had ended by then."""
        placed = [sample for sample in answered if sample.index]
        endings = sorted(placed, key=lambda sample: sample.ended_at)
        position = 0
        latest: WriterSample | None = None
        for sample in sorted(placed, key=lambda sample: sample.started_at):
            while position < len(endings) and endings[position].ended_at < sample.started_at:
                if latest is None or endings[position].index > latest.index:
                    latest = endings[position]
                position += 1
            # An earlier write at the same index is another write; an earlier read there may well be.
            if latest is not None and latest.index + (sample.kind == "write") > sample.index:
                earlier = f"{latest.kind} of {latest.key} at index {latest.index} had ended"
                detail = f"{earlier} before the {sample.kind} of {sample.key} at index {sample.index} began"
                self.fail(sample.ended_at, detail)

    def _judge_key(self, samples: Sequence[WriterSample]) -> None:
        write = next((sample for sample in samples if sample.kind == "write"), None)
        reads = [sample for sample in samples if sample.kind == "read" and sample.outcome is WriteOutcome.ACKNOWLEDGED]
        for read in reads:
            problem = _misread(write, read)
            if problem:
                self.fail(read.ended_at, f"read of {read.key} at index {read.index}: {problem}")
        self._judge_permanence(reads)

    def _judge_permanence(self, reads: Sequence[WriterSample]) -> None:
        seen = [read for read in reads if read.present]
        first_ended = min((read.ended_at for read in seen), default=None)
        first_index = min((read.index for read in seen if read.index), default=None)
        for read in reads:
            later = first_ended is not None and first_ended < read.started_at
            behind = first_index is not None and first_index <= read.index
            if not read.present and (later or behind):
                self.fail(read.ended_at, f"read of {read.key} at index {read.index}: gone after it had been seen")


def _misread(write: WriterSample | None, read: WriterSample) -> str:
    if write is None or write.outcome in (WriteOutcome.REFUSED, WriteOutcome.REJECTED):
        return "shows what was never written" if read.present else ""
    if read.present:
        if read.ended_at < write.started_at:
            return "shows what was written only later"
        if write.outcome is WriteOutcome.ACKNOWLEDGED and 0 < read.index < write.index:
            return f"shows what was written at index {write.index}"
        return ""
    if write.outcome is not WriteOutcome.ACKNOWLEDGED:
        return ""
    if write.ended_at < read.started_at:
        return f"does not show what had been acknowledged at index {write.index}"
    if 0 < write.index <= read.index:
        return f"does not show what was written at index {write.index}"
    return ""
