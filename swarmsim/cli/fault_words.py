"""From the words of a command line to a step of the scenario language: `slow-link m1 w1 --latency 50ms` is
`{slow-link: [m1, w1], latency: 50ms}`.

Words are the items of a list, one word alone stands for itself. Commas join hosts into one item, and `/` joins all
words between two of them: `partition m1,m2 / m3 w1` is `[[m1, m2], [m3, w1]]`. `1 worker` in one word draws one of
them: `{workers: 1}`. `from=m1 to=w1` is a mapping. A word in brackets or braces is YAML as a scenario has it. What
these mean, and whether it can be meant, is for the language to say.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from swarmsim.cli.fault_examples import example
from swarmsim.scenario.forms import Mapped, Single
from swarmsim.scenario.step_language import VERBS
from swarmsim.scenario.target_language import GROUPS, LINK
from swarmsim.scenario.targets import HostGroup
from swarmsim.yaml_source import SourceError, parse

_WITHOUT_WORDS: Final = {"heal": "all", "repair-disk": "all", "restart": "killed", "resume": "paused"}
_SOME: Final = re.compile(r"([0-9]{1,9}) +([^\s,]+)")
_ENTRY: Final = re.compile(r"([a-z-]+)=(.+)")
_GROUPS: Final = {group.value for group in HostGroup}


class WordsError(Exception):
    """These words are no step, and why."""


def step_of(verb: str, words: Sequence[str]) -> dict[str, Any]:
    """The step without `at`. Raises WordsError."""
    targets, beside = _apart(verb, words)
    if not targets:
        if verb not in _WITHOUT_WORDS:
            raise WordsError(f"{verb} needs to be told whom or what, such as: {example(verb)}")
        targets = [_WITHOUT_WORDS[verb]]
    _must_be_whole(verb, targets, beside)
    return {verb: _value(verb, targets), **{key: _item(word) for key, word in beside.items()}}


def _apart(verb: str, words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """What stands for itself, and what follows a `--key`."""
    targets: list[str] = []
    beside: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            targets.append(word)
            continue
        key, equals, value = word.removeprefix("--").partition("=")
        if key not in VERBS[verb].beside.keys:
            known = ", ".join(f"--{each}" for each in (*VERBS[verb].beside.keys, "for"))
            raise WordsError(f"{verb} takes no --{key}; it takes {known}")
        if not equals and not rest:
            raise WordsError(f"--{key} needs a value")
        beside[key] = value if equals else rest.pop(0)
    return targets, beside


def _value(verb: str, words: list[str]) -> Any:
    shape = VERBS[verb].value
    if isinstance(shape, Mapped) and all(_ENTRY.fullmatch(word) for word in words):
        return {key: _item(value) for key, _, value in (word.partition("=") for word in words)}
    items = _groups(words) if "/" in words else [_item(word) for word in words]
    only = items[0]
    if len(items) > 1 or (isinstance(shape, Single) and shape.kind is GROUPS and not words[0].startswith("[")):
        return items
    return only


def _groups(words: list[str]) -> list[Any]:
    """What stands between slashes, each as one item."""
    groups: list[list[str]] = [[]]
    for word in words:
        if word == "/":
            groups.append([])
        else:
            groups[-1].extend([word] if word.startswith(("[", "{")) else word.split(","))
    if [] in groups:
        raise WordsError("before and after each / there must be hosts")
    return [_item(group[0]) if len(group) == 1 else [_item(word) for word in group] for group in groups]


def _item(word: str) -> Any:
    some = _SOME.fullmatch(word)
    if some is not None:
        count, name = some.groups()
        return {f"{name}s" if f"{name}s" in _GROUPS else name: int(count)}
    if "," in word and not word.startswith(("[", "{")):
        return [_item(part) for part in word.split(",") if part]
    try:
        return parse("argument", word).data
    except SourceError as error:
        raise WordsError(f"{word!r} cannot be read: {error.problem}") from None


def _must_be_whole(verb: str, targets: Sequence[str], beside: Mapping[str, str]) -> None:
    """What the language would say of a step in which something lacks, in the words of the command line."""
    known, shape = VERBS[verb], VERBS[verb].value
    lacking = [f"--{key}" for key in known.beside.required if key not in beside]
    if lacking:
        raise WordsError(f"{verb} needs {' and '.join(lacking)}, such as: {example(verb)}")
    only = targets[0] if len(targets) == 1 else ""
    as_in_scenarios = only.startswith(("[", "{"))
    if isinstance(shape, Single) and shape.kind is LINK and len(targets) != 2 and not as_in_scenarios:
        raise WordsError(f"{verb} needs the two ends of a link, such as: {example(verb)}")
    if isinstance(shape, Mapped) and not shape.short and not as_in_scenarios:
        keys = [found[1] if (found := _ENTRY.fullmatch(word)) else "" for word in targets]
        if set(keys) != set(shape.form.required):
            needed = " and ".join(f"{key}=" for key in shape.form.required)
            raise WordsError(f"{verb} needs {needed}, such as: {example(verb)}")
    for part in known.beside.parts:
        word = beside.get(part.key, "")
        if part.kind is LINK and word and "," not in word:
            raise WordsError(
                f"--{part.key} needs the two ends of a link with a comma between, such as: {example(verb)}"
            )
