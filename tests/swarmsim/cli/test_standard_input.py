"""A file by the name of `-`: what comes in by standard input."""

import io
from collections.abc import Callable

import pytest
from command_line import Command, Ended

SCENARIO = "name: Small\ncluster: {managers: 1}\nexpect: [{after: 0s, leader: true, within: %s}]\nend: 1s\n"

Given = Callable[..., Ended]


@pytest.fixture
def given(swarmsim: Command, monkeypatch: pytest.MonkeyPatch) -> Given:
    """Runs a command line that is given a text by standard input."""

    def run(text: str, *arguments: str) -> Ended:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        return swarmsim(*arguments)

    return run


def test_a_scenario_is_checked(given: Given) -> None:
    code, out, err = given(SCENARIO % "1s", "check", "-")
    assert (code, err) == (0, "")
    assert out == "<stdin>: ok: scenario 'Small': 1 host, 0 steps, 1 expectation, 1s long\n"


def test_a_compose_file_is_checked(given: Given) -> None:
    code, out, _ = given("services: {web: {image: web}}", "check", "-")
    assert code == 0
    assert out.startswith("<stdin>: ok: Compose file: 1 service, ")


def test_mistakes_are_told_as_those_of_standard_input(given: Given) -> None:
    told = (2, "", "<stdin>:3: expect[0].within: 'soon' is not a duration; write it like 20s, 150ms or 1m30s\n")
    assert given(SCENARIO % "soon", "check", "-") == told


def test_a_scenario_is_played_and_how_to_play_it_again_is_told(given: Given) -> None:
    never = SCENARIO.replace("after: 0s, leader: true, within: %s", "sometimes: split-vote")
    code, out, _ = given(never, "run", "-")
    assert code == 1
    assert out.startswith("Small (<stdin>)\n")
    assert "; again: swarmsim run - --seed 1 -v\n" in out
