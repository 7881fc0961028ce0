"""The reference of the language in the documentation leaves nothing out."""

from pathlib import Path

import pytest

from swarmsim.checks.situations import SITUATIONS
from swarmsim.checks.suite import CHECKS
from swarmsim.scenario.expectation_language import FORMS
from swarmsim.scenario.loader import SECTIONS
from swarmsim.scenario.plan_language import CLUSTER
from swarmsim.scenario.step_language import VERBS
from swarmsim.scenario.targets import HostGroup

REFERENCE = (Path(__file__).parents[3] / "docs" / "scenario-language.md").read_text()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_explained(verb: str) -> None:
    assert f"`{verb}: " in REFERENCE
    assert all(key in REFERENCE for key in VERBS[verb].beside.keys)


@pytest.mark.parametrize("word", sorted({form.word for form in FORMS}))
def test_every_expectation_is_explained(word: str) -> None:
    assert f"{word}: " in REFERENCE


def test_every_section_group_and_setting_is_explained() -> None:
    words = (*SECTIONS, *CLUSTER.keys, *(group.value for group in HostGroup))
    assert [word for word in words if f"`{word}`" not in REFERENCE] == []


@pytest.mark.parametrize("name", [*CHECKS, *SITUATIONS])
def test_every_check_and_situation_is_explained(name: str) -> None:
    assert f"`{name}`" in REFERENCE
