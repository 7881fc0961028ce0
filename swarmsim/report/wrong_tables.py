"""When routing tables were wrong, and whose: stretches from the moments at which that changed."""

from collections.abc import Sequence

from msgspec import Struct

from swarmsim.recording import Recording


class WrongTables(Struct, frozen=True, gc=False):
    """From when to when tables of any host were wrong; `to_ns` None: at the end they still were."""

    from_ns: int
    to_ns: int | None
    hosts: tuple[str, ...]
    """Whose, in the order in which they became wrong."""
    last: tuple[str, ...]
    """Whose were wrong to the last."""

    def lasts_beyond(self, at_ns: int) -> bool:
        """Whether they still were wrong then."""
        return self.to_ns is None or self.to_ns > at_ns


def lagging_tables(recording: Recording) -> tuple[WrongTables, ...]:
    """Not what the store amounts to."""
    return _stretches([(point.at_ns, point.lagging) for point in recording.tables], recording.end_ns)


def misled_tables(recording: Recording) -> tuple[WrongTables, ...]:
    """Leading to tasks that do not run any more."""
    return _stretches([(point.at_ns, point.misled) for point in recording.tables], recording.end_ns)


def put_right(recording: Recording, from_ns: int, to_ns: int) -> dict[str, int]:
    """Hosts whose tables led to lost tasks meanwhile, and no more at the end: each with the time from which not."""
    found: dict[str, int] = {}
    before: tuple[str, ...] = ()
    for point in recording.tables:
        if from_ns <= point.at_ns <= to_ns:
            found.update({host: point.at_ns for host in before if host not in point.misled})
            found = {host: at_ns for host, at_ns in found.items() if host not in point.misled}
        before = point.misled
    return found


def _stretches(points: Sequence[tuple[int, tuple[str, ...]]], end_ns: int) -> tuple[WrongTables, ...]:
    found: list[WrongTables] = []
    hosts: dict[str, None] = {}
    from_ns = 0
    last: tuple[str, ...] = ()
    for at_ns, wrong in points:
        if at_ns > end_ns:
            break
        if wrong and not last:
            from_ns, hosts = at_ns, {}
        if last and not wrong:
            found.append(WrongTables(from_ns, at_ns, tuple(hosts), last))
        hosts.update(dict.fromkeys(wrong))
        last = wrong
    if last:
        found.append(WrongTables(from_ns, None, tuple(hosts), last))
    return tuple(found)
