"""From all that is known of a run to its verdicts: first the scenario's expectations in order, then every check."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from core.trials.clients import RequestSample, WriterSample
from swarmsim.checks.check import Check
from swarmsim.player.continuity import Continuity
from swarmsim.player.eventual import Eventually
from swarmsim.player.rates import judge_success_rate, judge_write_acknowledged, judge_writes
from swarmsim.player.windows import LeaderHistory, judge_elections, judge_leader_over, judge_running
from swarmsim.recording import Ruling, ServicePoint, Verdict
from swarmsim.scenario.expectations import (
    Always,
    Elections,
    Expectation,
    LeaderOver,
    Running,
    Sometimes,
    SuccessRate,
    WriteAcknowledged,
    Writes,
)


class Evidence(Struct, frozen=True):
    """What expectations are judged by at the end of a run. Times are the story's."""

    origin_ns: int
    end_ns: int
    timing: str
    checks: tuple[Check, ...]
    situations: Mapping[str, int]
    leaders: LeaderHistory
    services: Sequence[ServicePoint]
    requests: Mapping[str, Sequence[RequestSample]]
    operations: Mapping[str, Sequence[WriterSample]]


def verdict_of(expectation: Expectation, evidence: Evidence, judge: Eventually | Continuity | None) -> Verdict:
    """Judge one expectation; `judge` has watched it all along if it was of the sort that must be."""
    if judge is not None:
        return judge.verdict()
    claim = expectation.claim
    match claim:
        case LeaderOver():
            return judge_leader_over(expectation, claim, evidence.leaders)
        case Elections():
            return judge_elections(expectation, claim, evidence.leaders)
        case Running():
            return judge_running(expectation, claim, evidence.services)
        case SuccessRate():
            return judge_success_rate(expectation, claim, evidence.requests.get(claim.traffic, ()))
        case Writes():
            return judge_writes(expectation, claim, evidence.operations, evidence.timing)
        case WriteAcknowledged():
            return judge_write_acknowledged(expectation, claim, evidence.operations, evidence.end_ns)
        case Always(check=name):
            check = next(check for check in evidence.checks if check.name == name)
            return check_verdict(check, evidence.origin_ns, expectation)
        case Sometimes(situation=name):
            return _sometimes(expectation, evidence.situations[name])
    raise TypeError(f"nobody judges {claim}")


def unplayed(expectation: Expectation) -> Verdict:
    """The verdict on an expectation of a story that never began."""
    return Verdict(expectation.text, Ruling.UNKNOWN, "the story was not played", 0, line=expectation.line)


def check_verdict(check: Check, origin_ns: int, expectation: Expectation | None = None) -> Verdict:
    """A check's own verdict. With nothing to look at it held, unless the scenario asks for it: then nobody can tell."""
    name = expectation.text if expectation is not None and expectation.text else f"always: {check.name}"
    line = expectation.line if expectation is not None else 0
    violation = check.violation
    if violation is None and not check.checked_count:
        ruling = Ruling.UNKNOWN if expectation is not None else Ruling.HELD
        return Verdict(name, ruling, _detail("there was nothing to check", check), 0, line=line)
    if violation is None:
        return Verdict(name, Ruling.HELD, _detail("no violation", check), check.checked_count, line=line)
    at_ns = violation.at_ns - origin_ns
    return Verdict(name, Ruling.VIOLATED, violation.detail, check.checked_count, at_ns, line=line)


def _detail(finding: str, check: Check) -> str:
    remark = check.remark()
    return f"{finding}; {remark}" if remark else finding


def _sometimes(expectation: Expectation, count: int) -> Verdict:
    ruling = Ruling.HELD if count else Ruling.VIOLATED
    times = "once" if count == 1 else f"{count} times"
    return Verdict(expectation.text, ruling, f"reached {times}", count, line=expectation.line)
