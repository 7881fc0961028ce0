"""Reasons that differ only in the host they name, told as one: `m1, m3 and m5 have no power`."""

import re
from collections.abc import Sequence
from typing import Final

from swarmsim.report.availability import Reason
from swarmsim.report.wording import listed

_OF_A_HOST: Final = (
    (re.compile(r"(.*?)(\S+) has no power"), "{0}{hosts} {have} no power"),
    (re.compile(r"()asked at (\S+)"), "{0}asked at {hosts}"),
    (re.compile(r"(.*?)nobody on (\S+) answers to \S+"), "{0}nobody on {hosts} answers"),
)
"""As the simulator's fabric and `exchanges.py` word what was met, and how that is said of several hosts."""


def grouped(reasons: Sequence[Reason]) -> list[Reason]:
    """The most frequent first; those of no such form stay as they are."""
    groups: dict[tuple[str, str, str], list[tuple[str, Reason]]] = {}
    for reason in reasons:
        form, before, host = _parts(reason.detail)
        groups.setdefault((reason.outcome, form, before), []).append((host, reason))
    told = [_together(form, before, members) for (_, form, before), members in groups.items()]
    return sorted(told, key=lambda reason: -reason.count)


def _parts(detail: str) -> tuple[str, str, str]:
    """How it is said of several hosts, what comes before, and the host; of another form only what it says."""
    for pattern, form in _OF_A_HOST:
        if match := pattern.fullmatch(detail):
            return form, match[1], match[2]
    return "", detail, ""


def _together(form: str, before: str, members: Sequence[tuple[str, Reason]]) -> Reason:
    first = members[0][1]
    if not form:
        return first
    hosts = list(dict.fromkeys(host for host, _ in members))
    detail = form.format(before, hosts=listed(sorted(hosts)), have="has" if len(hosts) == 1 else "have")
    return Reason(first.outcome, detail, sum(reason.count for _, reason in members))
