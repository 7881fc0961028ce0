"""Broken scenario and Compose files: the comment at the head of each holds its messages, from the line number on.

`swarmsim check tests/swarmsim/scenario/broken/*/*.yaml` shows them all as a user sees them.
"""

from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import pytest

from swarmsim.compose_files import load_stack
from swarmsim.scenario.loader import load
from swarmsim.yaml_source import SourceError

BROKEN = Path(__file__).parent / "broken"
LOADERS: dict[str, Callable[[Path], object]] = {
    "scenarios": load,
    "compose": lambda file: load_stack([file], name="shop", environment={}),
}
FILES = sorted(file for kind in LOADERS for file in (BROKEN / kind).glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_broken_file_gets_its_message(file: Path) -> None:
    head = takewhile(lambda line: line.startswith("# "), file.read_text().splitlines())
    expected = [f"{file}:{line.removeprefix('# ')}" for line in head]
    with pytest.raises(SourceError) as refused:
        LOADERS[file.parent.name](file)
    assert str(refused.value).splitlines() == expected


def test_there_are_enough_of_both_kinds() -> None:
    assert all(len(list((BROKEN / kind).glob("*.yaml"))) >= 30 for kind in LOADERS)
