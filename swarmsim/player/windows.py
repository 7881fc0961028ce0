"""Expectations on who led and what ran through a window: judged at the end, from what was taken down on the way."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from core.raft.effects import EntriesCommitted, LeaderElected
from core.timing import MS, SECOND
from swarmsim.counting import counted
from swarmsim.recording import Ruling, ServicePoint, Verdict
from swarmsim.scenario.expectations import Elections, Expectation, LeaderOver, LeaderThroughout, Running, Window
from swarmsim.world import FactListener, World

LOOK_NS = 50 * MS


class Leadership(Struct, frozen=True, gc=False):
    """From `at_ns` on: who leads (None: nobody), and in which term."""

    at_ns: int
    host: str | None
    term: int


class LeaderHistory:
    """Takes down who leads from now on; times are given as the story's."""

    def __init__(self, world: World, origin_ns: int) -> None:
        self.leaderships: list[Leadership] = []
        self.elections_at: list[int] = []
        self.commits_at: list[int] = []
        """When a host that calls itself leader learnt of a commit."""
        self._world = world
        self._origin_ns = origin_ns
        self._handlers: Mapping[type, FactListener] = {
            LeaderElected: self._on_elected,
            EntriesCommitted: self._on_committed,
        }
        world.observe(self._on_fact)
        self._look()

    def _on_fact(self, at_ns: int, host: str, fact: Any) -> None:
        handler = self._handlers.get(type(fact))
        if handler is not None:
            handler(at_ns - self._origin_ns, host, fact)

    def _on_elected(self, at_ns: int, host: str, fact: LeaderElected) -> None:
        self.elections_at.append(at_ns)

    def _on_committed(self, at_ns: int, host: str, fact: EntriesCommitted) -> None:
        if self._world.status(host).leads:
            self.commits_at.append(at_ns)

    def _look(self) -> None:
        leader = self._world.leader()
        term = self._world.status(leader).term if leader is not None else 0
        latest = self.leaderships[-1] if self.leaderships else None
        if latest is None or (latest.host, latest.term) != (leader, term):
            self.leaderships.append(Leadership(self._world.now_ns - self._origin_ns, leader, term))
        self._world.look_at(self._world.now_ns + LOOK_NS, self._look)


def judge_leader_over(expectation: Expectation, claim: LeaderOver, history: LeaderHistory) -> Verdict:
    """UNCHANGED: one leader in one term. NONE: nobody who calls itself leader commits anything."""
    if claim.leader is LeaderThroughout.NONE:
        commits = [at for at in history.commits_at if _inside(at, claim.window)]
        detail = f"{counted(len(commits), 'commit')} by a leader" if commits else "no leader committed anything"
        return _verdict(expectation, not commits, detail, 1, commits[0] if commits else None)
    seen = _during(history.leaderships, claim.window)
    detail = ", then ".join(f"{each.host or 'nobody'} in term {each.term}" for each in seen)
    return _verdict(expectation, len(seen) == 1 and seen[0].host is not None, detail, len(seen))


def judge_elections(expectation: Expectation, claim: Elections, history: LeaderHistory) -> Verdict:
    """At most so many."""
    count = sum(_inside(at, claim.window) for at in history.elections_at)
    return _verdict(expectation, count <= claim.at_most, f"{counted(count, 'leader')} elected", 1)


def judge_running(expectation: Expectation, claim: Running, points: Sequence[ServicePoint]) -> Verdict:
    """At least so many at every instant."""
    own = [point for point in points if point.service == claim.service]
    seen = _during(own, claim.window)
    if not seen:
        return Verdict(expectation.text, Ruling.UNKNOWN, f"{claim.service} is not there", 0, line=expectation.line)
    starts = [max(point.at_ns, claim.window.from_ns) for point in seen]
    short_at = next((at_ns for at_ns, point in zip(starts, seen, strict=True) if point.running < claim.at_least), None)
    least = min(point.running for point in seen)
    if short_at is None:
        return _verdict(expectation, True, f"never fewer than {least}", len(seen))
    ends = [*starts[1:], claim.window.to_ns]
    first = next(place for place, point in enumerate(seen) if point.running == least)
    detail = (
        f"{f'only {least}' if least else 'none'} from {starts[first] / SECOND:.3f} s to {ends[first] / SECOND:.3f} s"
    )
    return _verdict(expectation, False, detail, len(seen), short_at)


def _during(points: Sequence[Any], window: Window) -> list[Any]:
    """What held at the window's start and every change inside it."""
    before = [point for point in points if point.at_ns <= window.from_ns]
    return before[-1:] + [point for point in points if window.from_ns < point.at_ns < window.to_ns]


def _inside(at_ns: int, window: Window) -> bool:
    return window.from_ns <= at_ns < window.to_ns


def _verdict(expectation: Expectation, held: bool, detail: str, count: int, at_ns: int | None = None) -> Verdict:
    ruling = Ruling.HELD if held else Ruling.VIOLATED
    return Verdict(expectation.text, ruling, detail, count, at_ns, line=expectation.line)
