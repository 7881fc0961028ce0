"""`swarmsim scenarios`: which there are."""

from pathlib import Path

from command_line import Command, small


def test_scenarios_are_listed_with_their_purpose(swarmsim: Command) -> None:
    Path("scenarios").mkdir()
    Path(small()).rename("scenarios/small.yaml")
    ended = swarmsim("scenarios")
    assert (ended.code, ended.out) == (0, "scenarios/small.yaml  Small\n    One manager, no trouble.\n")


def test_a_directory_without_scenarios_is_bad_input(swarmsim: Command) -> None:
    Path("empty").mkdir()
    ended = swarmsim("scenarios", "empty")
    assert (ended.code, ended.err) == (2, "error: empty: holds no scenario (*.yaml); name the directory that does\n")
    assert "nowhere: is not a directory" in swarmsim("scenarios", "nowhere").err


def test_scenarios_lists_those_that_can_be_read_and_tells_what_is_wrong_with_the_others(swarmsim: Command) -> None:
    Path("a-bad.yaml").write_text("name: x")
    small()
    ended = swarmsim("scenarios", ".")
    assert (ended.code, ended.out) == (2, "small.yaml  Small\n    One manager, no trouble.\n")
    assert ended.err == "error: a-bad.yaml:1: 'cluster' is missing\n"
    assert "small.yaml: is not a directory" in swarmsim("scenarios", "small.yaml").err
