"""From a scenario file to a `Scenario`, with every word checked; complaints name file, line and the nearest word.

Everything that is wrong is found in one go. Where a part could not be read, what depends on it is not held against the
reader: `Names.unread` says what may be there all the same.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from msgspec.structs import replace

from core.compose.stack import Stack
from core.document import Value
from core.mistakes import DocumentError, Mistakes
from core.timing import SECOND
from swarmsim.compose_files import called, load_stack, read_text
from swarmsim.scenario.chronology import check_chronology
from swarmsim.scenario.deployed import Deployed, StackReader
from swarmsim.scenario.expectation_language import end_of, read_expectation
from swarmsim.scenario.names import Names
from swarmsim.scenario.objects_file import is_objects_file, read_objects
from swarmsim.scenario.plan import ClusterPlan, ImagePlan, Scenario, StackPlan
from swarmsim.scenario.plan_language import hosts_of, read_cluster, read_images, read_traffic, read_writer
from swarmsim.scenario.schema import NEEDED
from swarmsim.scenario.stack_language import read_files
from swarmsim.scenario.step_language import read_step
from swarmsim.scenario.steps import Deploy, Scale, Step, Update
from swarmsim.scenario.words import POSITIVE_DURATION
from swarmsim.yaml_source import Source, parse, refuse

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

_LISTS: Final = ("deploy", "traffic", "writers", "timeline", "expect")
_UNSET_BECAUSE: Final = "scenarios have no variables"
_CHANGE_ROLES: Final = ("promote", "demote")

Found = TypeVar("Found")


def load(file: Path) -> Scenario:
    """The scenario in a file; Compose files lie beside it. Raises `SourceError`, with all that is wrong."""
    return load_text(file, read_text(file))


def load_text(file: Path, text: str) -> Scenario:
    """The scenario in the text of a file that was read already."""

    def read_stack(name: str, compose_files: tuple[str, ...]) -> Stack:
        beside = [file.parent / compose_file for compose_file in compose_files]
        for each in beside:
            each.stat()  # a file that is not there is the scenario's mistake, what it says is its own
        if len(beside) == 1 and is_objects_file(compose_files[0]):
            return read_objects(beside[0])
        # No environment and no path of this machine: a scenario means the same everywhere.
        return load_stack(beside, name=name, environment={}, bind_mounts_from="/", unset_because=_UNSET_BECAUSE)

    return decode(parse(called(file), text), text, read_stack)


def decode(source: Source, text: str, read_stack: StackReader) -> Scenario:
    """The scenario in a parsed file. Raises `SourceError`."""
    deployed = Deployed(read_stack)
    try:
        scenario = _Decoder(source, deployed).scenario(text)
    except DocumentError as error:
        refuse([*source.mistakes, *source.located(error), *deployed.mistakes])
        raise
    refuse([*source.mistakes, *deployed.mistakes])
    return scenario


def _check_not_compose(root: Value) -> None:
    if not root.is_mapping:
        root.fail_type("a scenario: a mapping with the keys name, cluster, timeline and so on")
    sections = root.mapping()
    if "services" in sections and "cluster" not in sections:
        sections["services"].fail("this looks like a Compose file; name it under deploy")


class _Decoder:
    """Reads the sections in the order in which one names what the next may mention."""

    def __init__(self, source: Source, deployed: Deployed) -> None:
        self._source = source
        self._deployed = deployed
        self._mistakes = Mistakes()
        _check_not_compose(source.root)
        self._sections = source.root.known_fields(self._mistakes, *SECTIONS, required=NEEDED)
        self._lists = {name: self._section(name, Value.items) or [] for name in _LISTS}

    def scenario(self, text: str) -> Scenario:
        name, purpose = self._section("name", Value.text), self._section("purpose", Value.text)
        cluster = self._section("cluster", read_cluster)
        deploy = self._each("deploy", self._stack)
        names = self._names(cluster, all_deployed=None not in deploy)
        images = self._section("images", lambda section: self._read_images(section, names))
        if images is None and "images" in self._sections:
            names = names.without("images")
        traffic = self._each("traffic", lambda item: read_traffic(item, names, self._deployed.stacks, images or ()))
        writers = self._each("writers", lambda item: read_writer(item, names))
        names = replace(
            names.without(*(["traffic"] if None in traffic else []), *(["writers"] if None in writers else [])),
            traffic=self._unique("traffic", [None if each is None else each.name for each in traffic]),
            writers=self._unique("writers", [None if each is None else each.name for each in writers]),
        )
        timeline = self._timeline(names)
        expect = self._each("expect", lambda item: read_expectation(item, names, self._source.line_of(item.path)))
        self._mistakes.settle()
        assert name is not None
        assert cluster is not None
        scenario = Scenario(
            name=name,
            purpose=purpose or "",
            cluster=cluster,
            end_ns=names.end_ns or 0,
            images=images or (),
            deploy=_read(deploy),
            traffic=_read(traffic),
            writers=_read(writers),
            timeline=timeline,
            expect=_read(expect),
            file=self._source.file,
            text=text,
        )
        return scenario if names.end_ns is not None else replace(scenario, end_ns=_last_ns(scenario) + END_MARGIN_NS)

    def _section(self, name: str, read: Callable[[Value], Found]) -> Found | None:
        section = self._sections.get(name)
        return None if section is None else self._mistakes.attempt(partial(read, section))

    def _each(self, section: str, read: Callable[[Value], Found]) -> list[Found | None]:
        return [self._mistakes.attempt(partial(read, item)) for item in self._lists[section]]

    def _unique(self, section: str, found: Iterable[str | None]) -> tuple[str, ...]:
        unique: list[str] = []
        for item, name in zip(self._lists[section], found, strict=True):
            if name in unique:
                self._mistakes.note(item.path, f"the name {name!r} is given twice")
            elif name is not None:
                unique.append(name)
        return tuple(unique)

    def _stack(self, item: Value) -> StackPlan:
        name, places = read_files(item.fields("stack", required=["stack"])["stack"])
        self._deployed.read(name, places)
        files = tuple(place.text() for place in places)
        return StackPlan(name, files, self._deployed.stack(name, files))

    # --- what steps and expectations may mention

    def _names(self, cluster: ClusterPlan | None, *, all_deployed: bool) -> Names:
        later = [(place, self._mistakes.attempt(partial(self._read_later, place))) for place in self._places("deploy")]
        self._mistakes.attempt(self._deployed.check_externals)
        stacks = self._deployed.stacks
        names = Names(
            hosts=hosts_of(self._sections.get("cluster", Value("", None))) or (),
            racks=tuple(rack.name for rack in cluster.racks) if cluster is not None else (),
            stacks=tuple(dict.fromkeys(stack.name for stack in stacks if stack.name)),
            services=tuple(dict.fromkeys(each.spec.name for stack in stacks for each in stack.services)),
            secrets=tuple(dict.fromkeys(secret.name for stack in stacks for secret in stack.secrets)),
            configs=tuple(dict.fromkeys(config.name for stack in stacks for config in stack.configs)),
            networks=tuple(dict.fromkeys(network.name for stack in stacks for network in stack.networks)),
            roles_change=any(self._places(verb) for verb in _CHANGE_ROLES),
            end_ns=self._section("end", lambda section: POSITIVE_DURATION.read(section, Names())),
        )
        if not (all_deployed and self._deployed.complete and all(understood for _, understood in later)):
            names = names.without("stacks", "services", "secrets", "configs", "networks")
        if cluster is None:
            names = names.without("racks", *(() if names.hosts else ("hosts",)))
        return self._with_replicas(self._with_joining(names))

    def _places(self, verb: str) -> list[Value]:
        """What is written under a verb, in order of the file."""
        entries = [item.mapping() for item in self._lists["timeline"] if item.is_mapping]
        return [entry[verb] for entry in entries if verb in entry]

    def _read_later(self, place: Value) -> bool:
        """Whether a step that deploys names a stack and its files; if not, the timeline says what is wrong."""
        named = Mistakes().attempt(lambda: read_files(place, "prune"))
        if named is None:
            return False
        self._deployed.read(*named)
        return True

    def _early(self, verb: str, names: Names) -> list[Step | None]:
        """Steps that say what others may mention; None for one that is wrong, of which the timeline will tell."""
        items = [item for item in self._lists["timeline"] if item.is_mapping and verb in item.mapping()]
        steps = [Mistakes().attempt(partial(read_step, item, names, 0)) for item in items]
        return sorted(steps, key=lambda step: 0 if step is None else step.at_ns)

    def _with_joining(self, names: Names) -> Names:
        numbers = {letter: sum(host.startswith(letter) for host in names.hosts) for letter in "mw"}
        joined: dict[str, int] = {}
        steps = self._early("join", Names())
        for step in steps:
            for letter, field in (("m", "manager_count"), ("w", "worker_count")):
                for _ in range(getattr(step.action, field) if step is not None else 0):
                    numbers[letter] += 1
                    joined[f"{letter}{numbers[letter]}"] = step.at_ns if step is not None else 0
        return replace(names.without("hosts") if None in steps else names, joined_at_ns=joined)

    def _read_images(self, section: Value, names: Names) -> tuple[ImagePlan, ...]:
        updates = [step.action for step in self._early("update", names) if step is not None]
        images = [update.image for update in updates if isinstance(update, Update)]
        return read_images(section, self._deployed.stacks, images, names)

    def _with_replicas(self, names: Names) -> Names:
        most = self._deployed.most_replicas()
        steps = self._early("scale", names)
        for step in steps:
            if step is not None and isinstance(step.action, Scale) and step.action.service in most:
                most[step.action.service] = max(most[step.action.service], step.action.replicas)
        return replace(names, most_replicas={} if None in steps else most)

    # --- what happens

    def _timeline(self, names: Names) -> tuple[Step, ...]:
        found = self._each("timeline", lambda item: read_step(item, names, self._source.line_of(item.path)))
        timeline = [
            (item, self._with_stack(step))
            for item, step in zip(self._lists["timeline"], found, strict=True)
            if step is not None
        ]
        timeline.sort(key=lambda each: each[1].at_ns)
        if None not in found:
            self._mistakes.attempt(lambda: check_chronology(timeline))
        return tuple(step for _, step in timeline)

    def _with_stack(self, step: Step) -> Step:
        # Text was made before, so that a whole stack does not end up in it.
        if not isinstance(step.action, Deploy):
            return step
        stack = self._deployed.stack(step.action.name, step.action.files)
        return replace(step, action=replace(step.action, stack=stack))


def _read(found: Iterable[Found | None]) -> tuple[Found, ...]:
    return tuple(each for each in found if each is not None)


def _last_ns(scenario: Scenario) -> int:
    """The last instant that a scenario mentions."""
    windows = [*(each.during for each in scenario.traffic), *(each.during for each in scenario.writers)]
    return max(
        [
            0,
            *(step.until_ns or step.at_ns for step in scenario.timeline),
            *(end_of(each.claim) for each in scenario.expect),
            *(window.to_ns for window in windows if window is not None),
        ]
    )
