"""The stock `docker` command line, pointed at hosts that are served."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from swarmsim.serve.place import Place

WANTED = (28, 0)
"""The version of the command line whose words the tests know; a later one speaks the same."""
PATIENCE_S = 60.0


class Said(NamedTuple):
    """How a command ended, and what it printed, without the spaces at the ends of lines."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The output's."""
        return self.out.splitlines()


class DockerCli:
    """Commands for one host."""

    def __init__(self, binary: str, place: Place, home: Path) -> None:
        self.place = place
        self._binary = binary
        self._environment = {"DOCKER_HOST": place.docker_host, "HOME": str(home), "PATH": os.environ["PATH"]}
        self._home = home

    def __call__(self, command: str, *more: str, stdin: str = "") -> Said:
        """Run it; words are separated by spaces, `more` are words that have some inside."""
        ended = subprocess.run(
            [self._binary, *command.split(), *more],
            input=stdin,
            capture_output=True,
            text=True,
            env=self._environment,
            cwd=self._home,
            timeout=PATIENCE_S,
            check=False,
        )
        return Said(ended.returncode, _trimmed(ended.stdout), _trimmed(ended.stderr))

    def ok(self, command: str, *more: str, stdin: str = "") -> str:
        """What it printed; it must have ended well."""
        said = self(command, *more, stdin=stdin)
        assert said.code == 0, (command, more, said)
        return said.out

    def fails(self, command: str, *more: str, stdin: str = "") -> str:
        """What it complained of; it must have failed."""
        said = self(command, *more, stdin=stdin)
        assert said.code != 0, (command, more, said)
        return said.err


def docker_binary() -> str:
    """Where the command line is; skips the test where there is none, and fails it in CI."""
    binary = shutil.which("docker")
    if binary is not None:
        told = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
        version = re.search(r"version (\d+)\.(\d+)", told)
        if version is not None and (int(version[1]), int(version[2])) >= WANTED:
            return binary
    reason = f"no docker command line of version {WANTED[0]} or later"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
