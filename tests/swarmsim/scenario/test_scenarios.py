"""The scenarios that come with the project."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.compose.stack import Stack
from swarmsim.compose_files import load_stack
from swarmsim.scenario.loader import decode, load
from swarmsim.scenario.plan import Scenario
from swarmsim.scenario.writer import write
from swarmsim.yaml_source import parse

ROOT = Path(__file__).parents[3]
DIRECTORY = ROOT / "scenarios"
FILES = sorted(DIRECTORY.glob("*.yaml"))


def without_origin(scenario: Scenario) -> Scenario:
    timeline = tuple(replace(step, line=0) for step in scenario.timeline)
    expect = tuple(replace(expectation, line=0) for expectation in scenario.expect)
    return replace(scenario, file="", text="", timeline=timeline, expect=expect)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_can_be_read_and_says_what_it_is_for(file: Path) -> None:
    scenario = load(file)
    assert scenario.purpose
    assert scenario.expect


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_is_written_back_as_it_was_read(file: Path) -> None:
    scenario = load(file)
    text = write(scenario)
    again = decode(parse("again.yaml", text), text, read_stack)
    assert without_origin(again) == without_origin(scenario)


STORY = re.compile(r"^```yaml\n(name: .*?)^```", re.DOTALL | re.MULTILINE)
STORIES_IN_DOCUMENTS = [
    (file.name, story)
    for file in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    for story in STORY.findall(file.read_text())
]


@pytest.mark.parametrize(("document", "text"), STORIES_IN_DOCUMENTS)
def test_a_story_in_a_document_can_be_copied(document: str, text: str) -> None:
    scenario = decode(parse(document, text), text, read_stack)
    assert scenario.expect


def test_there_are_stories_in_documents() -> None:
    assert len(STORIES_IN_DOCUMENTS) >= 2


def read_stack(name: str, files: tuple[str, ...]) -> Stack:
    return load_stack([DIRECTORY / file for file in files], name=name, environment={}, bind_mounts_from="/")
