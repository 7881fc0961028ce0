"""What may stand at a place of the command line, for shells that ask while somebody types.

Nothing here ever complains: where nobody can tell, there is nothing to offer.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import typer

from swarmsim.fuzz.profiles import ALL, PROFILES
from swarmsim.scenario.targets import HostGroup
from swarmsim.serve.client import ControlClient, NotServedError, RefusalError
from swarmsim.serve.faults import Holding
from swarmsim.serve.machines import Machine
from swarmsim.serve.place import default_directory

_SUFFIXES: Final = (".yaml", ".yml")
_PATIENCE_S: Final = 1.0
"""How long somebody who types is kept waiting for a cluster's names."""
_MOST_FILES: Final = 1_000


def yaml_files(incomplete: str) -> list[str]:
    """Scenario and Compose files, and the directories where there may be some."""
    directory, _, beginning = incomplete.rpartition("/")
    prefix = incomplete.removesuffix(beginning)
    try:
        entries = sorted(islice(Path(f"{directory}/" if prefix else ".").iterdir(), _MOST_FILES))
    except OSError:
        return []
    shown = [entry for entry in entries if entry.name.startswith(beginning) and (beginning or entry.name[0] != ".")]
    directories_too = [f"{entry.name}/" if entry.is_dir() else entry.name for entry in shown]
    return [f"{prefix}{name}" for name in directories_too if name.endswith(("/", *_SUFFIXES))]


def profiles(incomplete: str) -> list[str]:
    """Profiles of the fuzzer."""
    return _beginning(incomplete, (*PROFILES, ALL))


def machines(context: typer.Context, incomplete: str) -> list[str]:
    """Hosts of the cluster that is served."""
    return _beginning(incomplete, tuple(_machines(context)))


def targets(context: typer.Context, incomplete: str) -> list[str]:
    """Whom a fault may hit: hosts of the cluster that is served, and groups of them; after a comma, one more."""
    before, comma, last = incomplete.rpartition(",")
    words = (*_machines(context), *(group.value for group in HostGroup))
    return [f"{before}{comma}{word}" for word in _beginning(last, words)]


def faults(context: typer.Context, incomplete: str) -> list[str]:
    """Numbers of faults that hold, or all of them."""
    try:
        holding = _client(context).ask("GET", "/faults", Holding).faults
    except (NotServedError, RefusalError):
        return []
    return _beginning(incomplete, ("all", *(str(fault.number) for fault in holding)))


def _machines(context: typer.Context) -> Iterator[str]:
    try:
        yield from (machine.name for machine in _client(context).ask("GET", "/machines", list[Machine]))
    except (NotServedError, RefusalError):
        return


def _client(context: typer.Context) -> ControlClient:
    directory = context.params.get("socket_dir")
    return ControlClient(Path(directory) if directory else default_directory(), _PATIENCE_S)


def _beginning(incomplete: str, words: Sequence[str]) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]
