"""The faults of a served world: done at once by the words of the scenario language, listed, and taken back.

What is written means what a step of a timeline means, with two differences: who is meant must be there now, since
nobody waits for it; and what holds has a number, by which it can be ended.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from core.document import Value
from core.objects.service import Replicated
from core.suggestions import did_you_mean
from core.trials.endings import FAULTS, KILLS, TASK_FAULTS, verb_of
from core.trials.faults import Fault, Heal, Hosts, RepairDisk, Restart, Resume
from swarmsim.player.roster import NobodyThereError, Roster, hosts_hit, prevailing_store
from swarmsim.scenario.names import Names
from swarmsim.scenario.step_language import VERBS, read_step, text_of
from swarmsim.scenario.steps import Action, Step
from swarmsim.worlds.simulated import SimulatedWorld

PUTS_RIGHT: Final = (Heal, Restart, Resume, RepairDisk)
"""There being nothing to put right is no trouble."""
VERBS_OF_FAULTS: Final = tuple(verb_of(kind) for kind in FAULTS)


class Done(Struct, frozen=True):
    """What was done: `number` 0 for what does not last, times by the world's clock, no end for None."""

    number: int
    text: str
    """The verb and its target as written."""
    hosts: Hosts
    at_ns: int
    until_ns: int | None = None


class Played(Struct, frozen=True):
    """The same for who listens: with the step as written, and as it was for the world."""

    done: Done
    step: Step
    resolved: Fault
    tasks: tuple[tuple[str, str], ...] = ()
    """Service and slot, or host if it is global, of each task that it befell."""


class Holding(Struct, frozen=True):
    """The faults that hold, and when that was asked, by the world's clock."""

    now_ns: int
    faults: tuple[Done, ...]


class Faults:
    """Of one world; `began` and `ended` of each fault are told to whoever listens, ends by number."""

    def __init__(self, world: SimulatedWorld) -> None:
        self._world = world
        self._roster = Roster(world, world.random("roster of what is served"))
        self._done: dict[int, Done] = {}
        self.began: list[Callable[[Played], None]] = []
        self.ended: list[Callable[[int], None]] = []

    def read(self, written: Mapping[str, Any]) -> Step:
        """A step of a timeline without `at`. DocumentError if it cannot be meant."""
        step = Value("", dict(written))
        word = next((key for key in written if key in VERBS), None)
        if word is not None and word not in VERBS_OF_FAULTS:
            step.fail(f"{word!r} is no fault but asked of the swarm: use docker")
        for key in written:
            if word is None and key not in ("for", "until"):
                step.fail(f"there is no fault {key!r}{did_you_mean(key, VERBS_OF_FAULTS)}; --list names them all")
        if "until" in written:
            step.fail("'until' has no meaning here; say for how long, with 'for'")
        return read_step(Value("", {"at": "0s", **written}), self._names(), 0)

    def _names(self) -> Names:
        hosts = self._world.hosts()
        racks = dict.fromkeys(self._world.status(host).rack for host in hosts)
        names = Names(hosts=hosts, racks=tuple(filter(None, racks)), roles_change=True)
        store = prevailing_store(self._world)
        if store is None:
            return names.without("services")
        specs = [service.spec for service in store.services.values()]
        most = {spec.name: spec.mode.replicas for spec in specs if isinstance(spec.mode, Replicated)}
        return replace(names, services=tuple(spec.name for spec in specs), most_replicas=most)

    def play(self, step: Step) -> Done:
        """Do it now. NobodyThereError if it fits nobody, NotDoneError if the world refuses; then nothing was done."""
        tasks = self._roster.tasks(step.action.tasks) if isinstance(step.action, TASK_FAULTS) else []
        if isinstance(step.action, TASK_FAULTS):
            resolved: Any = replace(step.action, tasks=tuple(task_id for _, task_id in tasks))
            hosts = tuple(dict.fromkeys(host for host, _ in tasks))
        else:
            resolved = self._roster.resolve(step.action)
            hosts = hosts_hit(resolved)
        told = Done(0, step.text, hosts, self._world.now_ns)
        if hasattr(resolved, "hosts") and not hosts:
            if isinstance(resolved, PUTS_RIGHT):
                return told
            raise NobodyThereError(f"{step.text} fits nobody now")
        named = tuple(self._name_of(host, task_id) for host, task_id in tasks)
        number = self._world.start_fault(resolved)
        self._roster.remember(resolved)
        if number in self._world.faults:
            until_ns = self._world.now_ns + step.until_ns if step.until_ns is not None else None
            told = replace(told, number=number, until_ns=until_ns)
            self._done = {each.number: each for each in (*self.holding, told)}
            if until_ns is not None:
                self._world.call_at(until_ns, partial(self._end_in_time, number))
        for listener in self.began:
            listener(Played(told, step, resolved, named))
        return told

    def do(self, action: Action) -> Done:
        """Play what the server itself makes of an order."""
        return self.play(Step(0, action, text=text_of(action)))

    def _name_of(self, host: str, task_id: str) -> tuple[str, str]:
        store = prevailing_store(self._world)
        assert store is not None, "it has just told of the task"
        task = store.tasks[task_id]  # type: ignore[index]
        return task.service_name, str(task.slot or host)

    @property
    def holding(self) -> tuple[Done, ...]:
        """Those that hold, in order."""
        return tuple(self._done[number] for number in self._world.faults if number in self._done)

    def _end_in_time(self, number: int) -> None:
        self.end(number)

    def end(self, number: int) -> bool:
        """Take back what one of those has done; False if none has that number."""
        fault = self._world.faults.get(number)
        if fault is None:
            return False
        self._world.end_fault(number)
        if isinstance(fault, KILLS):
            self._roster.revived(fault.hosts)
        for listener in self.ended:
            listener(number)
        return True
