"""From a scenario file to a `Scenario`, with every word checked; complaints name file, line and the nearest word."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from core.compose.stack import Stack
from core.document import Value
from core.objects.service import Replicated
from core.timing import SECOND
from swarmsim.compose_files import load_stack, read_text
from swarmsim.scenario.acceptance import check_accepted
from swarmsim.scenario.chronology import check_chronology
from swarmsim.scenario.expectation_language import end_of, read_expectation
from swarmsim.scenario.names import Names
from swarmsim.scenario.plan import ClusterPlan, Scenario, StackPlan
from swarmsim.scenario.plan_language import host_names, read_cluster, read_images, read_traffic, read_writer
from swarmsim.scenario.step_language import read_step
from swarmsim.scenario.steps import Deploy, Scale, Step
from swarmsim.scenario.words import POSITIVE_DURATION
from swarmsim.yaml_source import Source, parse

SECTIONS: Final = (
    "name",
    "purpose",
    "cluster",
    "images",
    "deploy",
    "traffic",
    "writers",
    "timeline",
    "expect",
    "end",
)
END_MARGIN_NS: Final = 10 * SECOND
"""A scenario without `end` goes on for so long after the last instant it mentions."""

_CHANGE_ROLES: Final = ("promote", "demote")

StackReader = Callable[[str, str], Stack]
"""Reads the stack of that name from a Compose file, given as written; raises `SourceError` or `OSError`."""


def load(file: Path) -> Scenario:
    """The scenario in a file; Compose files lie beside it. Raises `SourceError`."""

    def read_stack(name: str, compose_file: str) -> Stack:
        beside = file.parent / compose_file
        beside.stat()  # a file that is not there is the scenario's mistake, what it says is its own
        # No environment and no path of this machine: a scenario means the same everywhere.
        return load_stack([beside], name=name, environment={}, bind_mounts_from="/")

    return decode(parse(str(file), text := read_text(file)), text, read_stack)


def decode(source: Source, text: str, read_stack: StackReader) -> Scenario:
    """The scenario in a parsed file. Raises `SourceError`."""
    with source.located_errors():
        return _Decoder(source, read_stack).scenario(text)


def _check_not_compose(root: Value) -> None:
    sections = root.mapping()
    if "services" in sections and "cluster" not in sections:
        sections["services"].fail("this looks like a Compose file; name it under deploy")


class _Decoder:
    """Reads the sections in the order in which one names what the next may mention."""

    def __init__(self, source: Source, read_stack: StackReader) -> None:
        self._source = source
        self._read_stack = read_stack
        _check_not_compose(source.root)
        self._sections = source.root.fields(*SECTIONS, required=("name", "cluster"))
        self._loaded: dict[tuple[str, str], Stack] = {}

    def scenario(self, text: str) -> Scenario:
        cluster = read_cluster(self._sections["cluster"])
        deploy = tuple(self._stack(item) for item in self._items("deploy"))
        names = self._names(cluster)
        images = read_images(self._sections.get("images", Value("images", None)), self._stacks)
        traffic = tuple(read_traffic(item, names, self._stacks, images) for item in self._items("traffic"))
        writers = tuple(read_writer(item, names) for item in self._items("writers"))
        names = replace(
            names,
            traffic=self._unique("traffic", (each.name for each in traffic)),
            writers=self._unique("writers", (each.name for each in writers)),
        )
        timeline = self._timeline(names)
        windows = [each.during for each in traffic] + [each.during for each in writers]
        expect = tuple(read_expectation(item, names, self._source.line_of(item.path)) for item in self._items("expect"))
        last_ns = max(
            [
                0,
                *(step.until_ns or step.at_ns for step in timeline),
                *(end_of(each.claim) for each in expect),
                *(window.to_ns for window in windows if window is not None),
            ]
        )
        return Scenario(
            name=self._sections["name"].text(),
            purpose=self._sections["purpose"].text() if "purpose" in self._sections else "",
            cluster=cluster,
            end_ns=last_ns + END_MARGIN_NS if names.end_ns is None else names.end_ns,
            images=images,
            deploy=deploy,
            traffic=traffic,
            writers=writers,
            timeline=timeline,
            expect=expect,
            file=self._source.file,
            text=text,
        )

    def _items(self, section: str) -> list[Value]:
        return self._sections[section].items() if section in self._sections else []

    def _unique(self, section: str, found: Iterable[str]) -> tuple[str, ...]:
        unique: list[str] = []
        for item, name in zip(self._items(section), found, strict=True):
            if name in unique:
                item.fail(f"the name {name!r} is given twice")
            unique.append(name)
        return tuple(unique)

    def _stack(self, item: Value) -> StackPlan:
        entries = item.fields("stack", required=["stack"])["stack"].fields("name", "file", required=["name", "file"])
        name, file = entries["name"].text(), entries["file"].text()
        stack = self._read(name, entries["file"])
        return StackPlan(name, file, stack)

    def _read(self, name: str, file: Value) -> Stack:
        try:
            stack = self._read_stack(name, file.text())
        except OSError as error:
            file.fail(f"cannot read {file.text()!r}: {error.strerror}")
        check_accepted(file, stack)
        self._loaded[name, file.text()] = stack
        return stack

    @property
    def _stacks(self) -> list[Stack]:
        return list(self._loaded.values())

    def _names(self, cluster: ClusterPlan) -> Names:
        end_ns = POSITIVE_DURATION.read(self._sections["end"], Names()) if "end" in self._sections else None
        self._read_later_stacks()
        names = Names(
            hosts=host_names(cluster.manager_count, cluster.worker_count),
            joined_at_ns=self._joined_at_ns(cluster),
            racks=tuple(rack.name for rack in cluster.racks),
            stacks=tuple(dict.fromkeys(stack.name for stack in self._stacks)),
            services=tuple(dict.fromkeys(each.spec.name for stack in self._stacks for each in stack.services)),
            roles_change=any(verb in item.mapping() for item in self._items("timeline") for verb in _CHANGE_ROLES),
            end_ns=end_ns,
        )
        return replace(names, most_replicas=self._most_replicas(names))

    def _most_replicas(self, names: Names) -> dict[str, int]:
        specs = [each.spec for stack in self._stacks for each in stack.services]
        most: dict[str, int] = {}
        for spec in specs:
            if isinstance(spec.mode, Replicated):
                most[spec.name] = max(most.get(spec.name, 0), spec.mode.replicas)
        for _, step in self._steps_with("scale", names):
            assert isinstance(step.action, Scale)
            most[step.action.service] = max(most.get(step.action.service, 0), step.action.replicas)
        for spec in specs:
            if not isinstance(spec.mode, Replicated):
                most.pop(spec.name, None)
        return most

    def _steps_with(self, verb: str, names: Names) -> list[tuple[Value, Step]]:
        found = []
        for item in self._items("timeline"):
            entries = item.mapping()
            if verb in entries:
                found.append((entries[verb], read_step(item, names, 0)))
        return sorted(found, key=lambda each: each[1].at_ns)

    def _read_later_stacks(self) -> None:
        for place, step in self._steps_with("deploy", Names()):
            assert isinstance(step.action, Deploy)
            self._read(step.action.name, place.mapping()["file"])

    def _joined_at_ns(self, cluster: ClusterPlan) -> dict[str, int]:
        numbers = {"m": cluster.manager_count, "w": cluster.worker_count}
        joined: dict[str, int] = {}
        for _, step in self._steps_with("join", Names()):
            for letter, field in (("m", "manager_count"), ("w", "worker_count")):
                for _ in range(getattr(step.action, field)):
                    numbers[letter] += 1
                    joined[f"{letter}{numbers[letter]}"] = step.at_ns
        return joined

    def _timeline(self, names: Names) -> tuple[Step, ...]:
        timeline = [
            (item, self._with_stack(read_step(item, names, self._source.line_of(item.path))))
            for item in self._items("timeline")
        ]
        timeline.sort(key=lambda each: each[1].at_ns)
        check_chronology(timeline)
        return tuple(step for _, step in timeline)

    def _with_stack(self, step: Step) -> Step:
        # Text was made before, so that a whole stack does not end up in it.
        if not isinstance(step.action, Deploy):
            return step
        name, file = step.action.name, step.action.file
        return replace(step, action=Deploy(name, file, self._loaded[name, file]))
