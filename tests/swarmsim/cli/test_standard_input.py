"""A file by the name of `-`: what comes in by standard input."""

import io
from pathlib import Path

import pytest

from swarmsim.cli import main

SCENARIO = "name: Small\ncluster: {managers: 1}\nexpect: [{after: 0s, leader: true, within: %s}]\nend: 1s\n"


@pytest.fixture(autouse=True)
def directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def ended(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: str, *arguments: str
) -> tuple[int, str, str]:
    """Exit code, output and errors."""
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    captured = capsys.readouterr()
    return int(left.value.code or 0), captured.out, captured.err


def test_a_scenario_is_checked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = ended(capsys, monkeypatch, SCENARIO % "1s", "check", "-")
    assert (code, err) == (0, "")
    assert out == "<stdin>: ok: scenario 'Small': 1 host, 0 steps, 1 expectation, 1s long\n"


def test_a_compose_file_is_checked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = ended(capsys, monkeypatch, "services: {web: {image: web}}", "check", "-")
    assert code == 0
    assert out.startswith("<stdin>: ok: Compose file: 1 service, ")


def test_mistakes_are_told_as_those_of_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = (2, "", "<stdin>:3: expect[0].within: 'soon' is not a duration; write it like 20s, 150ms or 1m30s\n")
    assert ended(capsys, monkeypatch, SCENARIO % "soon", "check", "-") == told


def test_a_scenario_is_played_and_how_to_play_it_again_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    never = SCENARIO.replace("after: 0s, leader: true, within: %s", "sometimes: split-vote")
    code, out, _ = ended(capsys, monkeypatch, never, "run", "-")
    assert code == 1
    assert out.startswith("Small (<stdin>)\n")
    assert "; again: swarmsim run - --seed 1 -v\n" in out
