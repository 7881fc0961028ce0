"""Ctrl-C before anything has begun."""

import subprocess
import sys

EARLY = """
import sys

class Interrupts:
    def find_spec(self, name, path, target=None):
        if name == "swarmsim.cli.run":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupts())
from swarmsim.cli import main
main()
"""


def test_while_the_command_line_is_read_in() -> None:
    ended = subprocess.run([sys.executable, "-c", EARLY, "--version"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "interrupted\n")
