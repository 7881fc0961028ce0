"""Why requests and writes failed, in words: the one place where they are made.

Reasons that differ only in the host they name are told as one: `m1, m3 and m5 have no power`.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.trials.clients import Failure, Why
from swarmsim.report.availability import Reason
from swarmsim.report.wording import listed

WORDS: Final = {
    Why.NO_HOST_UP: ("no host is up",),
    Why.UNDER_WAY: ("on its way to the host",),
    Why.ENTRY_WITHOUT_POWER: ("at its entry: {hosts} has no power", "at their entries: {hosts} have no power"),
    Why.WITHOUT_POWER: ("{hosts} has no power", "{hosts} have no power"),
    Why.UNREACHED: ("{from_host} does not reach {hosts}",),
    Why.NOT_PUBLISHED: ("{hosts} has nothing on port {port}", "{hosts} have nothing on port {port}"),
    Why.NOT_IN_NETWORK: (
        "{hosts} takes no part in the network of {service}",
        "{hosts} take no part in the network of {service}",
    ),
    Why.NO_BACKEND: ("{hosts} has no backend for {service}", "{hosts} have no backend for {service}"),
    Why.NO_NEIGHBOUR: ("{hosts} does not know where {address} is", "{hosts} do not know where {address} is"),
    Why.NOBODY_ANSWERS: ("nobody on {hosts} answers",),
    Why.NO_WAY_BACK: ("{hosts} has no way back to {address}", "{hosts} have no way back to {address}"),
    Why.NOT_RESOLVED: ("{hosts} cannot resolve {service}",),
    Why.NOT_LISTENING: (
        "{service} on {hosts} does not listen on port {port}",
        "{service} on {hosts} do not listen on port {port}",
    ),
    Why.BEING_SERVED: ("being served by {service} on {hosts}",),
    Why.ENDED: ("{service} on {hosts} ended",),
    Why.UNHEALTHY: ("{service} on {hosts} is not healthy", "{service} on {hosts} are not healthy"),
}
"""Of one host, then of several where that is said otherwise."""


class ToldReason(Struct, frozen=True, gc=False):
    """So many failed so, for this; `words` are empty where there is no more to say."""

    outcome: str
    words: str
    count: int
    others: bool = False
    """Of an outcome that others before it have too: these had other reasons, which are not told."""

    @property
    def also(self) -> str:
        """` for another reason` or nothing."""
        return f" for {'another reason' if self.count == 1 else 'other reasons'}" if self.others else ""


def grouped(reasons: Sequence[Reason]) -> list[ToldReason]:
    """The most frequent first."""
    groups: dict[tuple[str, str, Failure | None], list[Reason]] = {}
    for reason in reasons:
        groups.setdefault((reason.outcome, reason.said, _anywhere(reason.failure)), []).append(reason)
    told = [
        ToldReason(
            outcome,
            _words(failure, members) if failure is not None else _said(said, members),
            sum(each.count for each in members),
        )
        for (outcome, said, failure), members in groups.items()
    ]
    return sorted(told, key=lambda each: -each.count)


def with_the_rest(reasons: Sequence[Reason], told_count: int) -> list[ToldReason]:
    """The `told_count` most frequent, then the others by outcome alone, so that all of an outcome add up."""
    told = grouped(reasons)
    rest: dict[str, int] = {}
    for each in told[told_count:]:
        rest[each.outcome] = rest.get(each.outcome, 0) + each.count
    before = {each.outcome for each in told[:told_count]}
    return [*told[:told_count], *(ToldReason(outcome, "", rest[outcome], outcome in before) for outcome in rest)]


def _anywhere(failure: Failure | None) -> Failure | None:
    """Without the host; and without the address, which tells a task that nobody knows any more."""
    if failure is None:
        return None
    return replace(failure, host="", address="" if failure.why is Why.NOBODY_ANSWERS else failure.address)


def _said(said: str, members: Sequence[Reason]) -> str:
    hosts = sorted({each.host for each in members if each.host})
    return f"{said}, asked at {listed(hosts)}" if hosts else said


def _words(failure: Failure, members: Sequence[Reason]) -> str:
    hosts = sorted({each.failure.host for each in members if each.failure is not None})
    calls = "".join(f"{call.caller} calls {call.called}: {call.outcome.value}: " for call in failure.calls)
    forms = WORDS[failure.why]
    words = forms[0 if len(hosts) == 1 else -1].format(
        hosts=listed(hosts),
        from_host=failure.from_host,
        service=failure.service,
        address=failure.address,
        port=failure.port,
    )
    return calls + words
