"""The JSON Schema of scenario files: good files fit it, and those whose mistake is one of form do not."""

import json
from pathlib import Path

import pytest
from command_output import told
from jsonschema import Draft202012Validator
from repository import ROOT

from swarmsim.scenario.loader import SECTIONS
from swarmsim.scenario.schema import scenario_schema
from swarmsim.yaml_source import SourceError, parse

SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))
BROKEN = sorted((Path(__file__).parent / "broken" / "scenarios").glob("*.yaml"))
VALIDATOR = Draft202012Validator(scenario_schema())
_IN_FORM = """
bad-bandwidth bad-rate compose-file including-without-number leader-false link-with-one-end managers-not-a-number
many-mistakes missing-key-beside-verb no-cluster no-time no-verb not-a-mapping partition-not-a-list
pending-without-reason ratio-without-percent rejoin-for-a-while scale-to-text slow-routes-without-latency
stack-file-and-files stack-files-not-there steps-without-target time-before-zero time-without-unit tokens-of-nobody
too-few-managers two-verbs unknown-check unknown-cluster-key unknown-expectation unknown-group unknown-key-beside-verb
unknown-network unknown-section unknown-timing unknown-verb until-and-for until-of-something-final window-without-dots
"""
FORM = {*_IN_FORM.split()}
"""Broken files whose mistake is one of form; of all others, only the loader knows what is wrong."""


def fits(file: Path) -> bool | None:
    """None if it is no YAML."""
    try:
        return bool(VALIDATOR.is_valid(parse(file.name, file.read_text()).root.raw))
    except SourceError:
        return None


def test_it_is_a_sound_schema() -> None:
    Draft202012Validator.check_schema(scenario_schema())


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_a_scenario_fits(file: Path) -> None:
    found = VALIDATOR.iter_errors(parse(file.name, file.read_text()).root.raw)
    assert [f"{error.json_path}: {error.message}" for error in found] == []


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_what_is_wrong_in_form_does_not_fit(file: Path) -> None:
    assert fits(file) is not (file.stem in FORM)


def test_it_knows_every_section() -> None:
    assert tuple(scenario_schema()["properties"]) == SECTIONS


def test_the_command_line_prints_it() -> None:
    assert json.loads(told("schema")) == scenario_schema()
