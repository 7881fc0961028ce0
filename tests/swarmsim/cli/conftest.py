"""What runs a command line for a test."""

from pathlib import Path

import pytest
from command_line import Command, Ended

from swarmsim.cli import main


@pytest.fixture
def swarmsim(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Runs a command line in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Ended:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Ended(int(left.value.code or 0), captured.out, captured.err)

    return run
