"""Getting over a disturbance, the services' part: tasks, the tables that lead to them, and requests."""

from collections.abc import Iterator, Sequence
from typing import Final

from core.timing import MS, SECOND
from swarmsim.counting import counted
from swarmsim.report.course import Course, Found, within
from swarmsim.report.disturbances import Disturbance
from swarmsim.report.exchanges import Clients, Exchange
from swarmsim.report.wording import listed
from swarmsim.report.wrong_tables import WrongTables, put_right

QUIET_NS: Final = 5 * SECOND
"""What goes wrong with tables this long after the rest of a recovery is over is no part of it."""
CHANGE_NS: Final = 100 * MS
"""It takes no longer to have all tables changed."""
MOST_NAMED: Final = 3


def tasks(course: Course, disturbance: Disturbance) -> Iterator[Found]:
    """When every service that fell short, or had been short, was complete again."""
    short = [(shortage, service.service) for service in course.replicas for shortage in service.shortages]
    begun = [(shortage, name) for shortage, name in short if within(disturbance, shortage.from_ns)]
    ended = [
        (shortage, name)
        for shortage, name in short
        if shortage.from_ns < disturbance.at_ns and shortage.ended and within(disturbance, shortage.to_ns)
    ]
    if not begun and not ended:
        return
    names = list(dict.fromkeys(name for _, name in (*begun, *ended)))
    note = listed(names) if len(names) <= MOST_NAMED else f"{len(names)} services"
    done_at = max(shortage.to_ns for shortage, _ in (*begun, *ended))
    over = all(shortage.ended for shortage, _ in begun)
    yield Found("tasks-running", done_at if over else None, note, inherited=not begun)


def tables(course: Course, disturbance: Disturbance, others_done_at: int) -> Iterator[Found]:
    """When no table led to lost tasks any more, and when every table was what the store says."""
    lost = [each for each in course.misled if not _is_ordinary(each, others_done_at)]
    lagging = [each for each in course.lagging if not _is_ordinary(each, others_done_at + SECOND)]
    for name, stretches in (("tables-clear", lost), ("tables-consistent", lagging)):
        part = _of_this_recovery(stretches, disturbance, others_done_at)
        if part:
            inherited = all(stretch.from_ns < disturbance.at_ns for stretch in part)
            yield Found(name, part[-1].to_ns, _whose(part, inherited=inherited), inherited)


def _is_ordinary(wrong: WrongTables, done_at: int) -> bool:
    """Whether a task merely came or ended, as a job's do: all else was done before, and tables were soon put right."""
    brief = wrong.to_ns is not None and wrong.to_ns - wrong.from_ns < CHANGE_NS
    return brief and wrong.from_ns > done_at


def _of_this_recovery(
    stretches: Sequence[WrongTables], disturbance: Disturbance, others_done_at: int
) -> list[WrongTables]:
    """Those that ended or began after the disturbance, up to a quiet time after everything else was done."""
    part: list[WrongTables] = []
    for stretch in stretches:
        ends_in_it = stretch.from_ns < disturbance.at_ns and stretch.to_ns is not None and stretch.to_ns
        if not within(disturbance, ends_in_it or stretch.from_ns):
            continue
        done_at = max([others_done_at, *(each.to_ns or each.from_ns for each in part)])
        if part and stretch.from_ns > done_at + QUIET_NS:
            break
        part.append(stretch)
    return part


def _whose(part: list[WrongTables], *, inherited: bool) -> str:
    hosts = dict.fromkeys(host for stretch in part for host in stretch.hosts)
    last = part[-1].last
    if len(hosts) == len(last):
        return listed(last)
    slowest = f"{listed(last) if len(last) <= MOST_NAMED else len(last)} last"
    return slowest if inherited else f"{counted(len(hosts), 'host')}, {slowest}"


def requests(course: Course, disturbance: Disturbance, found: Sequence[Found]) -> Iterator[Found]:
    """When those who had failed got good answers again, the first of them and all; nothing where none had failed."""
    spells = [
        (spell, source.name)
        for source in course.availability
        if source.kind == "requests"
        for spell in source.bad_spells
        if within(disturbance, spell.first_failed_at_ns) or within(disturbance, spell.to_ns)
    ]
    if not spells:
        return
    names = list(dict.fromkeys(name for _, name in spells))
    sources = [source for source in course.clients if source.kind == "requests" and source.name in names]
    yield from _first_request(course, disturbance, sources, {each.name: each.at_ns for each in found})
    over = all(spell.ended for spell, _ in spells)
    yield Found("requests-good", max(spell.to_ns for spell, _ in spells) if over else None, listed(names))


def _first_request(
    course: Course, disturbance: Disturbance, sources: Sequence[Clients], reached: dict[str, int | None]
) -> Iterator[Found]:
    """The first good one at a host whose table led to no lost task any more, or if none did, under the new leader."""
    since = next((name for name in ("tables-clear", "first-commit") if name in reached), None)
    if since is None:
        return
    if since == "tables-clear":
        recording, end_ns = course.evidence.recording, course.evidence.end_ns
        ready = put_right(recording, disturbance.at_ns, reached[since] or end_ns)
    else:
        ready = {lane.host: at_ns for lane in course.lanes if (at_ns := reached[since]) is not None}
    sources = [source for source in sources if any(_is_ready(each, ready) for each in source.exchanges)]
    if not sources:
        return  # nobody asked there
    firsts = [_first_good(source, ready) for source in sources]
    at = [at_ns for at_ns in firsts if at_ns is not None]
    yield Found("first-request", max(at) if len(at) == len(firsts) else None, listed([each.name for each in sources]))


def _first_good(source: Clients, ready: dict[str, int]) -> int | None:
    return next((each.started_at for each in source.exchanges if each.good and _is_ready(each, ready)), None)


def _is_ready(exchange: Exchange, ready: dict[str, int]) -> bool:
    return exchange.host in ready and exchange.started_at >= ready[exchange.host]
