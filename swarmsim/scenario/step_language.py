"""How steps are written: `{at: 20s, <verb>: <target>, …}`, a table of verbs with what each takes.

`until` (an instant) or `for` (a duration) end what a reversible step began.
"""

from collections.abc import Iterator
from typing import Any, Final, NoReturn

from msgspec import Struct
from msgspec.structs import replace

from core.document import Value
from core.json_schema import Schema
from core.mistakes import Mistakes
from core.suggestions import did_you_mean
from swarmsim.scenario import steps
from swarmsim.scenario.forms import Entry, Form, Mapped, Part, Shape, Single, flow, mapping
from swarmsim.scenario.names import Names
from swarmsim.scenario.stack_language import DeployedStack
from swarmsim.scenario.steps import Action, Step, verb_of
from swarmsim.scenario.target_language import GROUPS, HOSTS, HOSTS_IN_RACKS, LINK, MANAGERS, TASKS
from swarmsim.scenario.words import (
    BOOLEAN,
    CONFIG,
    DURATION,
    EXIT_CODE,
    INSTANT,
    NETWORK,
    PERCENT,
    POSITIVE_BANDWIDTH,
    POSITIVE_DURATION,
    SECRET,
    SERVICE,
    SIGNED_DURATION,
    SIGNED_PERCENT,
    TEXT,
    count,
    word,
)


class Verb(Struct, frozen=True):
    """What one verb takes: its own value, and further keys beside it."""

    action: type[Any]
    value: Shape
    beside: Form[Any]


def _verb(action: type[Any], value: Shape, *beside: Part) -> Verb:
    return Verb(action, value, Form(action, *beside))


_ON_HOSTS: Final = Single("hosts", HOSTS)
_ON_MANAGERS: Final = Single("hosts", MANAGERS)
_ON_TASKS: Final = Single("tasks", TASKS)
_ON_LINK: Final = Single("link", LINK)
_RATIO: Final = Single("ratio", PERCENT)
_ON: Final = Part("on", "link", LINK)
_BY: Final = Part("by", "by_ns", SIGNED_DURATION)
_LATENCY: Final = Part("latency", "latency_ns", POSITIVE_DURATION)
_FROM_TO: Final = Form(steps.OneWay, Part("from", "source", HOSTS), Part("to", "destination", HOSTS))
_BRIDGE: Final = Form(steps.Bridge, Part("over", "over", HOSTS), Part("groups", "groups", GROUPS))
_NUMBERS: Final = Form(
    steps.Join, Part("managers", "manager_count", count(1)), Part("workers", "worker_count", count(1))
)

VERBS: Final = {
    verb_of(verb.action): verb
    for verb in (
        _verb(steps.Kill, _ON_HOSTS),
        _verb(steps.KillDaemon, _ON_HOSTS),
        _verb(steps.Restart, _ON_HOSTS),
        _verb(steps.Move, _ON_HOSTS),
        _verb(steps.Pause, _ON_HOSTS),
        _verb(steps.Resume, _ON_HOSTS),
        _verb(steps.Partition, Single("groups", GROUPS)),
        _verb(steps.OneWay, Mapped(_FROM_TO)),
        _verb(steps.Bridge, Mapped(_BRIDGE, short="over")),
        _verb(steps.Ring, _ON_HOSTS),
        _verb(steps.Isolate, _ON_HOSTS),
        _verb(steps.BreakCable, Single("hosts", HOSTS_IN_RACKS)),
        _verb(steps.Heal, _ON_HOSTS),
        _verb(steps.Flap, _ON_LINK, Part("every", "every_ns", POSITIVE_DURATION)),
        _verb(steps.SlowLink, _ON_LINK, _LATENCY, Part("jitter", "jitter_ns", DURATION)),
        _verb(steps.NarrowLink, _ON_LINK, Part("bandwidth", "bandwidth_bits_per_s", POSITIVE_BANDWIDTH)),
        _verb(steps.Loss, _RATIO, _ON),
        _verb(steps.Duplicate, _RATIO, _ON),
        _verb(steps.Reorder, _RATIO, _ON),
        _verb(steps.SlowDisk, _ON_HOSTS, _LATENCY),
        _verb(steps.FullDisk, _ON_HOSTS),
        _verb(steps.FailDisk, _ON_HOSTS),
        _verb(steps.CorruptDisk, _ON_HOSTS),
        _verb(steps.LoseDisk, _ON_HOSTS),
        _verb(steps.RepairDisk, _ON_HOSTS),
        _verb(steps.SkewClock, _ON_HOSTS, _BY),
        _verb(steps.JumpClock, _ON_HOSTS, _BY),
        _verb(steps.DriftClock, _ON_HOSTS, Part("by", "ratio", SIGNED_PERCENT)),
        _verb(steps.StopEngine, _ON_HOSTS),
        _verb(steps.FailPulls, _ON_HOSTS),
        _verb(steps.FailRoutes, _ON_HOSTS),
        _verb(steps.SlowRoutes, _ON_HOSTS, _LATENCY),
        _verb(steps.MuteRoutes, _ON_HOSTS),
        _verb(steps.CrashTask, _ON_TASKS),
        _verb(steps.ExitTask, _ON_TASKS, Part("code", "code", EXIT_CODE)),
        _verb(steps.Unhealthy, _ON_TASKS),
        _verb(steps.OutOfMemory, _ON_TASKS),
        _verb(steps.Join, Mapped(_NUMBERS), Part("with", "token", word((steps.OLD_TOKEN,)))),
        _verb(steps.RotateTokens, Single("which", word(("worker", "manager", "all")))),
        _verb(steps.Autolock, Single("on", BOOLEAN)),
        _verb(steps.Unlock, _ON_MANAGERS),
        _verb(steps.ForceNewCluster, _ON_MANAGERS),
        _verb(steps.Promote, _ON_HOSTS),
        _verb(steps.Demote, _ON_HOSTS),
        _verb(steps.Drain, _ON_HOSTS),
        _verb(steps.Activate, _ON_HOSTS),
        _verb(steps.RemoveNode, _ON_HOSTS),
        _verb(steps.Leave, _ON_HOSTS),
        _verb(steps.Rejoin, _ON_HOSTS),
        _verb(steps.Scale, Entry("service", SERVICE, "replicas", count(0))),
        _verb(steps.Update, Entry("service", SERVICE, "image", TEXT)),
        _verb(steps.ForceUpdate, Single("service", SERVICE)),
        _verb(steps.Rollback, Single("service", SERVICE)),
        _verb(steps.Deploy, DeployedStack()),
        _verb(steps.RemoveService, Single("service", SERVICE)),
        _verb(steps.RemoveSecret, Single("secret", SECRET)),
        _verb(steps.RemoveConfig, Single("config", CONFIG)),
        _verb(steps.RemoveNetwork, Single("network", NETWORK)),
        _verb(steps.BurstWrites, Single("count", count(1)), Part("over", "over_ns", POSITIVE_DURATION)),
    )
}
"""Every verb, by the word for it; a test holds that none of `steps.Action` is missing."""

assert len(VERBS) == len(steps.ACTIONS)


def step_schemas() -> Iterator[Schema]:
    """What a step looks like, verb by verb."""
    for verb_word, verb in VERBS.items():
        ends = {"until": INSTANT.schema, "for": POSITIVE_DURATION.schema} if verb.action in steps.REVERSIBLE else {}
        keys = {"at": INSTANT.schema, verb_word: verb.value.schema(), **verb.beside.properties, **ends}
        yield {
            "title": verb_word,
            **mapping(keys, ["at", verb_word, *verb.beside.required]),
            "not": {"required": ["until", "for"]},
        }


def read_step(item: Value, names: Names, line: int) -> Step:
    """One entry of a timeline."""
    entries = item.mapping()
    verb_word = _verb_word(item, entries)
    verb = VERBS[verb_word]
    mistakes = Mistakes()
    item.known_fields(
        mistakes, "at", "until", "for", verb_word, *verb.beside.keys, required=("at", *verb.beside.required)
    )
    at_ns = mistakes.attempt(lambda: INSTANT.read(entries["at"], names)) if "at" in entries else None
    names = replace(names, at_ns=at_ns)
    fields = mistakes.attempt(lambda: verb.value.read(entries[verb_word], names)) or {}
    fields |= mistakes.attempt(lambda: verb.beside.read_fields(entries, names)) or {}
    until_ns = mistakes.attempt(lambda: _until_ns(entries, verb.action, names))
    mistakes.settle()
    assert at_ns is not None
    action: Action = verb.action(**fields)
    return Step(at_ns, action, until_ns, line, text_of(action))


def _verb_word(item: Value, entries: dict[str, Value]) -> str:
    words = [key for key in entries if key in VERBS]
    if len(words) > 1:
        item.fail(f"one verb per step, not {' and '.join(words)}")
    if not words:
        _fail_for_want_of_a_verb(item, entries)
    return words[0]


def _fail_for_want_of_a_verb(item: Value, entries: dict[str, Value]) -> NoReturn:
    known = {"at", "until", "for", *(key for verb in VERBS.values() for key in verb.beside.keys)}
    for key, value in entries.items():
        if key not in known:
            value.fail(f"unknown verb {key!r}{did_you_mean(key, VERBS)}")
    item.fail("a step needs a verb, such as kill, restart or partition")


def _until_ns(entries: dict[str, Value], action: type[Any], names: Names) -> int | None:
    written = [entries[key] for key in ("until", "for") if key in entries]
    if not written:
        return None
    if len(written) > 1:
        written[1].fail("'until' says it already")
    if action not in steps.REVERSIBLE:
        written[0].fail(f"{verb_of(action)!r} cannot be undone")
    at_ns = names.at_ns or 0
    if "for" in entries:
        until_ns: int = at_ns + POSITIVE_DURATION.read(entries["for"], names)
        names.check_instant(entries["for"], until_ns)
        return until_ns
    until_ns = INSTANT.read(entries["until"], names)
    if names.at_ns is not None and until_ns <= at_ns:
        entries["until"].fail(f"{entries['until'].raw} is not after the step itself, at {INSTANT.write(at_ns)}")
    return until_ns


def write_step(step: Step) -> dict[str, object]:
    """The timeline's entry for a step."""
    written = {"at": INSTANT.write(step.at_ns), **_write_action(step.action)}
    if step.until_ns is not None:
        written["until"] = INSTANT.write(step.until_ns)
    return written


def text_of(action: Action) -> str:
    """The verb and its target on one line, such as `kill: {managers: 2, including: leader}`."""
    return flow(_write_action(action))[1:-1]


def _write_action(action: Action) -> dict[str, object]:
    verb = VERBS[verb_of(action)]
    return {verb_of(action): verb.value.write(action), **verb.beside.write(action)}
