"""The stacks that a scenario deploys, at time 0 or later: each is read once, and remembered even if it cannot be."""

from collections.abc import Callable, Sequence

from core.compose.stack import Stack
from core.document import Value
from core.mistakes import Mistakes
from core.objects.service import Replicated
from core.operations import Kind
from swarmsim.yaml_source import SourceError

StackReader = Callable[[str, tuple[str, ...]], Stack]
"""Reads the stack of that name from Compose files, given as written; raises `SourceError` or `OSError`."""


class Deployed:
    """Reads stacks by name and Compose files."""

    def __init__(self, read_stack: StackReader) -> None:
        self._read_stack = read_stack
        self._found: dict[tuple[str, tuple[str, ...]], Stack | None] = {}
        self._externals: list[tuple[Value, Kind, str]] = []
        """What stacks expect to be there, and where their file is named."""
        self.mistakes: list[SourceError] = []
        """What is wrong in the Compose files themselves."""

    def read(self, name: str, places: Sequence[Value]) -> None:
        """Read a stack of the files named there; what is wrong with that is raised, what is wrong in them is kept."""
        key = name, tuple(place.text() for place in places)
        if key in self._found:
            return
        self._found[key] = None
        try:
            self._found[key] = stack = self._read_stack(*key)
        except OSError as error:
            named = [place for place in places if str(error.filename).endswith(place.text())]
            place = (named or places)[0]
            place.fail(f"cannot read {place.text()!r}: {error.strerror}")
        except SourceError as error:
            self.mistakes.extend(error.each)
        else:
            self._externals.extend((places[-1], *external) for external in stack.externals)

    def check_externals(self) -> None:
        """Refuse what a stack expects to find in the swarm and no stack of the scenario makes."""
        made = {each for stack in self.stacks for each in stack.declared}
        mistakes = Mistakes()
        for file, kind, name in self._externals:
            if (kind, name) not in made and self.complete:
                problem = f"external {kind.value} {name!r} does not exist in the swarm: no stack here declares it"
                mistakes.note(file.path, problem)
        mistakes.settle()

    def stack(self, name: str, files: tuple[str, ...]) -> Stack | None:
        """What was read; None if it could not be."""
        return self._found.get((name, files))

    @property
    def stacks(self) -> list[Stack]:
        """All that could be read."""
        return [stack for stack in self._found.values() if stack is not None]

    @property
    def complete(self) -> bool:
        """Whether all could be read."""
        return None not in self._found.values()

    def most_replicas(self) -> dict[str, int]:
        """The most replicas that any file gives a service; services that are global in any file are left out."""
        specs = [each.spec for stack in self.stacks for each in stack.services]
        most: dict[str, int] = {}
        for spec in specs:
            if isinstance(spec.mode, Replicated):
                most[spec.name] = max(most.get(spec.name, 0), spec.mode.replicas)
        global_names = {spec.name for spec in specs if not isinstance(spec.mode, Replicated)}
        return {name: count for name, count in most.items() if name not in global_names}
