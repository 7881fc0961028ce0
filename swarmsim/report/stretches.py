"""The table of when clients could not get something: the longest stretches, and what the shorter ones come to."""

from collections.abc import Iterator
from typing import Final

from swarmsim.counting import counted, number
from swarmsim.report.availability import Availability, BadSpell
from swarmsim.report.reasons import with_the_rest
from swarmsim.report.summary import RunSummary
from swarmsim.report.tables import Table
from swarmsim.report.wording import duration, instant, listed

MOST_STRETCHES: Final = 12
"""Of each client; report.json has the rest."""
MOST_REASONS: Final = 3


def spell_table(run: RunSummary) -> Table:
    """The longest stretches of each client in order of time, then the sum of the others."""
    rows: list[tuple[int, tuple[str, ...]]] = []
    shorter: list[tuple[str, ...]] = []
    for source in run.availability:
        longest = sorted(_stretches(source), key=lambda each: each[1] - each[0], reverse=True)
        rows.extend((from_ns, row) for from_ns, _, row in longest[:MOST_STRETCHES])
        rest = [to_ns - from_ns for from_ns, to_ns, _ in longest[MOST_STRETCHES:]]
        if rest:
            what = f"{counted(len(rest), 'more stretch', 'more stretches')}, in all"
            each = f"at most {duration(rest[0])} each"
            shorter.append(("", "", duration(sum(rest)), f"{source.kind} of {source.name}", what, each))
    rows.sort(key=lambda row: row[0])
    return Table(
        ("from", "to", "for", "clients", "what", "why, or what became of them"),
        (*(row for _, row in rows), *shorter),
        (0, 1, 2),
    )


def _stretches(source: Availability) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Standstills and the bad spells beside them, each with its row."""
    name = f"{source.kind} of {source.name}"
    for still in (*source.standstills, *source.bad_luck):
        asked = listed([f"{number(count)} {_waited(outcome)}" for outcome, count in still.asked.items()])
        hosts = [host for host in (still.in_vain_at if still.led_by else still.asked_at) if host]
        what = f"nobody was answered{f' at {listed(hosts)}' if hosts and source.kind != 'requests' else ''}"
        if still.led_by:
            what += f", while {still.led_by} led"
        yield still.from_ns, still.to_ns, _stretch(name, still.from_ns, still.to_ns, what, asked)
    for spell in source.spells_beside_standstills():
        part = f"{number(spell.failed_count)} of {number(spell.asked_count)} failed"
        why = listed([*_reasons(spell)])
        yield spell.from_ns, spell.to_ns, _stretch(name, spell.from_ns, spell.to_ns, part, why)


def _reasons(spell: BadSpell) -> Iterator[str]:
    """They add up to all that failed."""
    told = with_the_rest(spell.reasons, MOST_REASONS)
    yield from (f"{number(each.count)} {each.outcome}{_in_brackets(each.words)}{each.also}" for each in told)
    forgotten = spell.failed_count - sum(each.count for each in told)
    if forgotten:
        yield f"{number(forgotten)} otherwise"


def _in_brackets(words: str) -> str:
    return f" ({words})" if words else ""


def _waited(outcome: str) -> str:
    return "waited" if outcome == "good" else outcome


def _stretch(name: str, from_ns: int, to_ns: int, what: str, why: str) -> tuple[str, ...]:
    return (instant(from_ns), instant(to_ns), duration(to_ns - from_ns), name, what, why)
