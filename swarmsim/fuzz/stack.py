"""What a fuzz campaign deploys: a stack that draws are made from, told apart from the stacks there are.

Every image of a stack works, so that whatever fails, fails by what a schedule does to it, but for those that are drawn
to fail: an update to one of them has to end, or to be replaced by another.
"""

from functools import cache

from msgspec import Struct

from core.compose.stack import Stack
from swarmsim.compose_files import load_text
from swarmsim.scenario.plan import ImagePlan, TrafficPlan
from swarmsim.scenario.steps import Action


class FuzzStack(Struct, frozen=True, eq=False):
    """One stack, whose files lie beside a scenario that deploys it."""

    name: str
    files: dict[str, str]
    """Contents by name. The first is deployed."""
    again: tuple[str, ...]
    """Files that it may be deployed from again: the first, and other versions of it."""
    scalable: tuple[str, ...]
    """Services by their full names, as everywhere here: those whose replicas may be drawn."""
    updatable: tuple[str, ...]
    """Services that are in every version."""
    images: tuple[ImagePlan, ...]
    next_images: dict[str, ImagePlan]
    """What each service is updated to: the same in another version."""
    bad_images: dict[str, tuple[ImagePlan, ...]]
    """What a service may be updated to by mistake."""
    owned: tuple[tuple[frozenset[str], Action], ...]
    """What may be removed with all of these services, since no other names it."""
    zones: tuple[str, ...]
    """Values of the label `zone`, dealt out to the hosts in turn."""
    out_of_reach: tuple[str, ...]
    """Situations that nothing done to this stack leads to."""
    clients: TrafficPlan
    """Who asks it, and how often if nothing else is drawn."""

    @property
    def file(self) -> str:
        """What is deployed at the beginning."""
        return next(iter(self.files))

    def read(self, name: str, files: tuple[str, ...]) -> Stack:
        """The stack in one of its files, as a scenario's loader asks for it."""
        [file] = files
        return _loaded(tuple(self.files.items()), name, file)


@cache
def _loaded(files: tuple[tuple[str, str], ...], name: str, file: str) -> Stack:
    by_name = dict(files)
    return load_text(by_name[file], file, name=name, read_file=lambda path: by_name[path.removeprefix("./")].encode())
