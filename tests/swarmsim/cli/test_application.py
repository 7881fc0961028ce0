"""The command line as a whole."""

import pytest
from command_line import Command


def test_the_version_is_told(swarmsim: Command) -> None:
    ended = swarmsim("--version")
    assert ended.code == 0
    assert ended.out.startswith("swarmsim ")


def test_an_unknown_command_is_bad_input(swarmsim: Command) -> None:
    ended = swarmsim("chekk")
    assert ended.code == 2
    assert "Did you mean 'check'?" in ended.err


@pytest.mark.parametrize("command", [[], ["run"], ["scenarios"], ["check"], ["fuzz"]])
def test_every_command_explains_itself(swarmsim: Command, command: list[str]) -> None:
    ended = swarmsim(*command, "--help")
    assert ended.code == 0
    assert "Usage: " in ended.out
