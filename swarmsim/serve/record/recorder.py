"""Listens to all that is asked of a served cluster and befalls it, and tells it to a story.

Only what was done is told: an operation once it was answered, at the instant at which it was asked. One whose outcome
nobody knows is a remark. Faults are told with the hosts and tasks that they hit, since `leader` would mean somebody
else when the story is played; a reboot of a host that was up is told as a loss of power and a restart.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from msgspec.structs import replace

from core.operations import Operation, OperationError
from core.raft.effects import Applied, OutcomeUnknown, Result
from core.timing import SECOND
from core.trials.endings import KILLS, TASK_FAULTS, UNDOES
from core.trials.faults import Heal, Hosts, Kill, Link, Move, RepairDisk, Restart, Resume
from swarmsim.checks.tables import Tables
from swarmsim.player.convergence import missing
from swarmsim.player.roster import prevailing_store
from swarmsim.scenario.expectations import Claim, Converged, Leader
from swarmsim.scenario.steps import Action
from swarmsim.scenario.targets import Host, HostTarget, TaskTarget, several
from swarmsim.serve.faults import Faults, Played
from swarmsim.serve.record.orders import changes_nothing, said_of
from swarmsim.serve.record.said import Unsaid
from swarmsim.serve.record.story import TICK_NS, Saved, Story, Told
from swarmsim.worlds.simulated import SimulatedWorld

WITHIN_NS: Final = 60 * SECOND
"""For how long after the last step an expectation waits, and as long again as it was waited while it was recorded."""
MOST_WAITED_NS: Final = 600 * SECOND
PAUSE_S: Final = 0.5
"""Between two savings, so that a burst of changes is saved once."""
SHARE: Final = 0.05
"""Of the server's time, at most: a long story takes long to write, and is written less often."""

_PUTS_RIGHT: Final = (Heal, Resume, RepairDisk)


class Recorder:
    """From now on; `origin_ns` is the world's time at which the story's time 0 was."""

    def __init__(self, world: SimulatedWorld, faults: Faults, story: Story, origin_ns: int) -> None:
        self.saved = Saved(0, ())
        self._world = world
        self._story = story
        self._origin_ns = origin_ns
        self._tables = Tables(world)
        self._changed = asyncio.Event()
        self._changed.set()
        self._asked_count = 0
        self._unanswered: dict[int, list[Told]] = {}
        """What was asked and not answered so far: by somebody who is gone, if it stays here."""
        self._holding: dict[int, list[Told]] = {}
        self._killed: dict[int, Hosts] = {}
        self._down: set[str] = set()
        self._befallen: set[type[Any]] = set()
        """Every kind of fault there was."""
        world.observe_requests(self._asked)
        faults.began.append(self._befell)
        faults.ended.append(self._ended)

    async def run(self) -> None:
        """Save what has changed, until it is cancelled; what cannot be written is tried again with the next change."""
        clock = asyncio.get_running_loop()
        while True:
            await self._changed.wait()
            self._changed.clear()
            began_s = clock.time()
            with suppress(OSError):
                self.save()
            await asyncio.sleep(max(PAUSE_S, (clock.time() - began_s) / SHARE))

    def save(self) -> None:
        """Write what was told so far. Raises OSError."""
        self.saved = self._story.save(self._expected(), [told for each in self._unanswered.values() for told in each])

    @property
    def _now_ns(self) -> int:
        return self._world.now_ns - self._origin_ns

    def _expected(self) -> tuple[Claim, ...]:
        """What is so now, and therefore can be asked of a story that does the same."""
        after_ns = self._story.last_ns // TICK_NS * TICK_NS + TICK_NS
        waited_ns = min(max(self._now_ns - after_ns, 0), MOST_WAITED_NS) // SECOND * SECOND
        if not missing(self._world, self._tables):
            return (Converged(after_ns, WITHIN_NS + waited_ns),)
        return (Leader(after_ns, WITHIN_NS + waited_ns),) if self._world.leader() is not None else ()

    # --- what clients ask

    def _asked(self, host: str, operation: Operation, answered: Callable[[Result], None]) -> Callable[[Result], None]:
        if changes_nothing(operation):
            return answered
        at_ns = self._now_ns
        said = tuple(said_of(operation, host, prevailing_store(self._world), self._host_of))
        self._asked_count += 1
        number = self._asked_count
        self._unanswered[number] = [_in_doubt(at_ns, each, "nobody waited for the answer") for each in said]

        def heard(result: Result) -> None:
            del self._unanswered[number]
            if isinstance(result, Applied) and not isinstance(result.value, OperationError):
                for each in said:
                    self._tell(at_ns, each)
            elif isinstance(result, OutcomeUnknown):
                for each in said:
                    self._story.remark(at_ns, _in_doubt(at_ns, each, result.reason).remark)
            self._changed.set()
            answered(result)

        return heard

    def _host_of(self, node_id: str) -> str | None:
        return next((host for host in self._world.hosts() if self._world.node_id(host) == node_id), None)

    def _tell(self, at_ns: int, said: Action | Unsaid) -> None:
        if isinstance(said, Unsaid):
            self._story.remark(at_ns, said.text)
        else:
            self._story.tell(at_ns, said)

    # --- what befalls it

    def _befell(self, played: Played) -> None:
        if isinstance(played.resolved, _PUTS_RIGHT) and not self._befallen.intersection(UNDOES[type(played.resolved)]):
            return  # there was nothing to put right, and a story must not say otherwise
        self._befallen.add(type(played.resolved))
        done, at_ns = played.done, self._now_ns
        until_ns = None if done.until_ns is None else done.until_ns - self._origin_ns
        self._tell_of_reboots(played, at_ns)
        told = [self._story.tell(at_ns, action, until_ns) for action in _as_told(played)]
        if done.number:
            self._holding[done.number] = told
        if isinstance(played.resolved, KILLS):
            self._down.update(done.hosts)
            self._killed[done.number] = done.hosts
        elif isinstance(played.resolved, Restart | Move):
            self._down.difference_update(done.hosts)
        self._changed.set()

    def _tell_of_reboots(self, played: Played, at_ns: int) -> None:
        up = tuple(host for host in played.done.hosts if host not in self._down)
        if isinstance(played.resolved, Restart) and up:
            self._story.tell(at_ns, Kill(_target(up)))

    def _ended(self, number: int) -> None:
        for told in self._holding.pop(number, ()):
            told.until_ns = self._now_ns
        self._down.difference_update(self._killed.pop(number, ()))
        self._changed.set()


def _in_doubt(at_ns: int, said: Action | Unsaid, reason: str) -> Told:
    """A remark on what may have been done or not."""
    what = said.text if isinstance(said, Unsaid) else _named(said)
    return Told(at_ns, None, f"{what}, if that was done: {reason}")


def _named(action: Action) -> str:
    """Short words for an order of which the story has no step."""
    tag = str(action.__struct_config__.tag)
    return f"{tag} {getattr(action, 'name', getattr(action, 'service', ''))}".rstrip()


def _as_told(played: Played) -> list[Action]:
    """The fault about hosts by name; of one that befell several tasks, one for each."""
    if isinstance(played.resolved, TASK_FAULTS):
        action: Any = played.step.action
        return [replace(action, tasks=_task(*each)) for each in played.tasks]
    fault: Any = played.resolved
    return [replace(fault, **{name: _described(getattr(fault, name)) for name in fault.__struct_fields__})]


def _task(service: str, place: str) -> TaskTarget:
    return TaskTarget(service, slot=int(place)) if place.isdecimal() else TaskTarget(service, host=place)


def _described(value: Any) -> Any:
    """Names as the language has them: hosts, groups of them, the ends of links; anything else as it is."""
    if isinstance(value, Link):
        return Link(_target(value.first), _target(value.second))
    if not isinstance(value, tuple):
        return value
    if value and all(isinstance(each, str) for each in value):
        return _target(value)
    return tuple(_described(each) for each in value if each)


def _target(hosts: Hosts) -> HostTarget:
    return Host(hosts[0]) if len(hosts) == 1 else several(hosts)
