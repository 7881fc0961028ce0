"""Expectations on what clients got: judged at the end, from the samples of traffic and writers."""

from collections import Counter
from collections.abc import Mapping, Sequence

from core.timing import PROFILES, SECOND
from core.trials.clients import Outcome, RequestSample, WriteOutcome, WriterSample
from swarmsim.counting import counted
from swarmsim.recording import Ruling, Verdict
from swarmsim.scenario.expectations import Expectation, SuccessRate, Window, WriteAcknowledged, Writes

GOOD_WITHIN_NS = SECOND
"""An answer after this long is no success."""
REFUSAL_SLACK_NS = SECOND // 4
"""What a refusal may take beyond the profile's limit: the way to the host and back."""


def is_success(sample: RequestSample) -> bool:
    """A good answer within a second."""
    return sample.outcome is Outcome.OK and sample.latency_ns <= GOOD_WITHIN_NS


def judge_success_rate(expectation: Expectation, claim: SuccessRate, samples: Sequence[RequestSample]) -> Verdict:
    """Of the requests that started in the window, this share succeeded."""
    started = [sample for sample in samples if _inside(sample.started_at, claim.window)]
    good_count = sum(is_success(sample) for sample in started)
    if not started:
        return _verdict(expectation, Ruling.UNKNOWN, f"no request of {claim.traffic} started in the window", 0)
    # In whole numbers, so that 95% of 200 requests is exactly 190.
    held = good_count >= claim.at_least * len(started) - 1e-9
    share = f"{good_count} of {len(started)} = {100 * good_count / len(started):.2f}%"
    return _verdict(expectation, Ruling.HELD if held else Ruling.VIOLATED, share, len(started))


def judge_writes(
    expectation: Expectation, claim: Writes, samples: Mapping[str, Sequence[WriterSample]], timing: str
) -> Verdict:
    """Of the writes that started in the window, this share was acknowledged; or none was, and this share refused."""
    writes = [write for write in _writes(samples, claim.writer) if _inside(write.started_at, claim.window)]
    if not writes:
        return _verdict(expectation, Ruling.UNKNOWN, "no write started in the window", 0)
    acknowledged_count = sum(write.outcome is WriteOutcome.ACKNOWLEDGED for write in writes)
    if claim.outcome is WriteOutcome.ACKNOWLEDGED:
        held = acknowledged_count >= claim.at_least * len(writes) - 1e-9
        detail = f"{acknowledged_count} of {len(writes)} acknowledged"
        if not held:
            detail += f"; {_answers(writes)}"
    else:
        limit_ns = PROFILES[timing].raft.refusal_ns + REFUSAL_SLACK_NS
        refused_count = sum(
            write.outcome is WriteOutcome.REFUSED and write.ended_at - write.started_at <= limit_ns for write in writes
        )
        held = not acknowledged_count and refused_count >= claim.at_least * len(writes) - 1e-9
        detail = f"{refused_count} of {len(writes)} refused in time, {acknowledged_count} acknowledged"
    return _verdict(expectation, Ruling.HELD if held else Ruling.VIOLATED, detail, len(writes))


def judge_write_acknowledged(
    expectation: Expectation, claim: WriteAcknowledged, samples: Mapping[str, Sequence[WriterSample]], end_ns: int
) -> Verdict:
    """Some write that started at or after `after_ns` was acknowledged within `within_ns` of it."""
    writes = [write for write in _writes(samples, claim.writer) if write.started_at >= claim.after_ns]
    ended = [write.ended_at for write in writes if write.outcome is WriteOutcome.ACKNOWLEDGED]
    first = min(ended, default=None)
    if first is not None and first <= claim.after_ns + claim.within_ns:
        detail = f"after {(first - claim.after_ns) / SECOND:.3f} s"
        return _verdict(expectation, Ruling.HELD, detail, len(writes), first)
    if not writes or end_ns < claim.after_ns + claim.within_ns:
        return _verdict(expectation, Ruling.UNKNOWN, "too few writes, or the run ended too early", len(writes))
    late = "none was" if first is None else f"the first after {(first - claim.after_ns) / SECOND:.3f} s"
    detail = f"of {counted(len(writes), 'write')} {late}; {_answers(writes)}"
    return _verdict(expectation, Ruling.VIOLATED, detail, len(writes))


def _answers(writes: Sequence[WriterSample]) -> str:
    """Who was asked and what came of it: that one host acknowledges nothing does not say that no other would have."""
    hosts = ", ".join(sorted({write.host for write in writes if write.host})) or "no host"
    outcomes = Counter(write.outcome for write in writes)
    counts = ", ".join(f"{outcomes[outcome]} {outcome.value}" for outcome in WriteOutcome if outcomes[outcome])
    return f"asked at {hosts}: {counts}"


def _writes(samples: Mapping[str, Sequence[WriterSample]], writer: str | None) -> list[WriterSample]:
    chosen = [writer] if writer is not None else list(samples)
    return [sample for name in chosen for sample in samples.get(name, ()) if sample.kind == "write"]


def _inside(at_ns: int, window: Window) -> bool:
    return window.from_ns <= at_ns < window.to_ns


def _verdict(expectation: Expectation, ruling: Ruling, detail: str, count: int, at_ns: int | None = None) -> Verdict:
    return Verdict(expectation.text, ruling, detail, count, at_ns, line=expectation.line)
