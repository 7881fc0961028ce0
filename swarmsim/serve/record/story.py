"""A scenario that grows step by step, on disk: the story itself, and beside it the files that it deploys.

What the story cannot say is a comment in its place; so is a step that the language refuses (its words are stricter than
a cluster that anybody may do anything to), so that the file always loads.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.compose.stack import Stack
from core.timing import MS, SECOND
from swarmsim.scenario.expectations import Claim, Expectation
from swarmsim.scenario.loader import decode
from swarmsim.scenario.objects_file import SUFFIX, write_objects
from swarmsim.scenario.plan import Scenario, StackPlan
from swarmsim.scenario.step_language import text_of
from swarmsim.scenario.steps import Action, Deploy, Step, Update
from swarmsim.scenario.words import write_duration
from swarmsim.scenario.writer import ITEM, TIMELINE, write
from swarmsim.yaml_source import SourceError, parse

TICK_NS: Final = 1 * MS
"""Steps are told to the millisecond, no two at once: so their order is plain."""
END_MARGIN_NS: Final = 10 * SECOND
_PLACE: Final = re.compile(rf"^{TIMELINE}\[\d+\]\S*: ")
"""In a file that nobody will see: the step that was refused is not in it any more."""


class Told(Struct):
    """Something that was done at this instant of the story: by a step, or if it has no words for it by a remark."""

    at_ns: int
    action: Action | None
    remark: str = ""
    until_ns: int | None = None


class Saved(Struct, frozen=True):
    """What the file has come to say."""

    step_count: int
    unsaid: tuple[str, ...]
    """What it could not say."""


class Story:
    """`base` is the scenario before anything happens; its file is the story's, its stacks' files lie anywhere."""

    def __init__(self, file: Path, base: Scenario, stacks_from: Path | None = None) -> None:
        self.file = file
        self._base = replace(base, deploy=tuple(_seen_from(file, stack, stacks_from) for stack in base.deploy))
        self._told: list[Told] = []
        self._files: dict[str, Stack] = {}
        self._written: dict[str, None] = {}

    def tell(self, at_ns: int, action: Action, until_ns: int | None = None) -> Told:
        """One more step; the files of a `deploy` are named here."""
        if isinstance(action, Deploy):
            assert action.stack is not None
            name = f"{self.file.stem}-objects/{len(self._files) + 1:03}-{action.name}{SUFFIX}"
            self._files[name] = action.stack
            action = replace(action, files=(name,))
        told = Told(at_ns, action, until_ns=until_ns)
        self._told.append(told)
        return told

    def remark(self, at_ns: int, text: str) -> None:
        """Something that cannot be said."""
        self._told.append(Told(at_ns, None, text))

    @property
    def last_ns(self) -> int:
        """The last instant that it tells of."""
        return max((told.until_ns or told.at_ns for told in self._told), default=0)

    def save(self, expect: Sequence[Claim], open_ends: Sequence[Told] = ()) -> Saved:
        """Write it, in one go in place of what was there; `open_ends` are told this time only. Raises OSError."""
        self.file.parent.mkdir(parents=True, exist_ok=True)  # before it is read: what it names lies beside it
        for name, stack in self._files.items():
            if name not in self._written:
                _replace(self.file.parent / name, write_objects(stack))
                self._written[name] = None
        text, saved = self._text(expect, open_ends)
        _replace(self.file, text)
        return saved

    def _text(self, expect: Sequence[Claim], open_ends: Sequence[Told]) -> tuple[str, Saved]:
        """With every step that the language takes: each refusal makes a remark of at least one."""
        told = list(_in_order([*self._told, *open_ends]))
        while True:
            scenario, remarks = self._scenario(told, expect)
            text = write(scenario, remarks)
            unsaid = [each.remark for each in told if each.action is None]
            try:
                decode(parse(str(self.file), text), text, self._stack)
            except SourceError as error:
                if _make_remarks(told, text, error):
                    continue
                # It is none of its steps, so there is nothing to leave out; but the story is not to be lost for that.
                unsaid.insert(0, f"it does not load as it stands: {error}")
            return text, Saved(len(scenario.timeline), tuple(unsaid))

    def _stack(self, name: str, files: tuple[str, ...]) -> Stack:
        """What is deployed, which need not be read again whenever the story is written."""
        stacks = {stack.files: stack.stack for stack in self._base.deploy}
        stack = stacks.get(files) or self._files.get(files[0])
        if stack is None:
            raise SourceError(files[0], 0, "was never read")
        return stack

    def _scenario(self, told: Sequence[Told], expect: Sequence[Claim]) -> tuple[Scenario, dict[int, list[str]]]:
        steps: list[Step] = []
        remarks: dict[int, list[str]] = {}
        for each in told:
            if each.action is None:
                remarks.setdefault(len(steps), []).append(f"at {write_duration(each.at_ns)}: {each.remark}")
            else:
                steps.append(Step(each.at_ns, each.action, each.until_ns, text=text_of(each.action)))
        ends = [step.until_ns or step.at_ns for step in steps]
        deployed = [step.action.stack for step in steps if isinstance(step.action, Deploy) and step.action.stack]
        stacks = [stack.stack for stack in self._base.deploy if stack.stack is not None]
        used = {service.spec.task.container.image for stack in (*stacks, *deployed) for service in stack.services}
        used |= {step.action.image for step in steps if isinstance(step.action, Update)}
        scenario = replace(
            self._base,
            images=tuple(image for image in self._base.images if image.image in used),
            timeline=tuple(steps),
            expect=tuple(Expectation(claim) for claim in expect),
            end_ns=max([*ends, *(claim.after_ns + claim.within_ns for claim in expect)], default=0) + END_MARGIN_NS,  # type: ignore[union-attr]
        )
        return scenario, remarks


def _in_order(told: Sequence[Told]) -> Iterator[Told]:
    """The same at instants of their own."""
    earliest = 0
    for each in sorted(told, key=lambda told: told.at_ns):
        at_ns = max(each.at_ns // TICK_NS * TICK_NS, earliest)
        until_ns = None if each.until_ns is None else max(each.until_ns // TICK_NS * TICK_NS, at_ns + TICK_NS)
        yield replace(each, at_ns=at_ns, until_ns=until_ns)
        earliest = at_ns + TICK_NS


def _make_remarks(told: list[Told], text: str, error: SourceError) -> bool:
    """Turn the steps that are complained about into remarks; False if it is about something else."""
    steps = iter([each for each in told if each.action is not None])
    by_line = {line: next(steps) for line in _step_lines(text)}
    blamed = False
    for mistake in error.each:
        each = by_line.get(mistake.line)
        if each is not None and each.action is not None:
            each.remark = f"{text_of(each.action)}: {_PLACE.sub('', mistake.problem)}"
            each.action = None
            blamed = True
    return blamed


def _step_lines(text: str) -> Iterator[int]:
    """The number of each line with a step, from 1."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith(" "):
            inside = line.startswith(f"{TIMELINE}:")
        elif inside and line.startswith(ITEM):
            yield number


def _seen_from(story: Path, stack: StackPlan, stacks_from: Path | None) -> StackPlan:
    """A stack whose files are named as they lie from the story."""
    if stacks_from is None:
        return stack
    return replace(stack, files=tuple(os.path.relpath(stacks_from / file, story.parent) for file in stack.files))


def _replace(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(file)
