"""Output that nobody reads on: no violation, and no words about it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from swarmsim.cli.exit_codes import UNREAD


@pytest.mark.parametrize(
    "arguments", ["--help", "check good.yaml", "scenarios .", "run good.yaml", "plan -c stack.yml"]
)
def test_a_pipe_that_nobody_reads(tmp_path: Path, arguments: str) -> None:
    (tmp_path / "good.yaml").write_text("name: x\ncluster: {managers: 1}\nend: 1s\n")
    (tmp_path / "stack.yml").write_text("name: x\nservices: {web: {image: web}}\n")
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-c", "from swarmsim.cli import main; main()", *arguments.split()]
    ended = subprocess.run(command, cwd=tmp_path, stdout=write_end, stderr=subprocess.PIPE, check=False)
    os.close(write_end)
    assert (ended.returncode, ended.stderr) == (UNREAD, b"")
