"""Docker's verbs for a test, by two command lines on the same cluster: ours, and docker's own where it is installed."""

import os
import re
import subprocess
from collections.abc import Callable

from command_line import Command, Ended

from core.timing import MS
from swarmsim.scenario.plan import ImagePlan

Verb = Callable[..., Ended]
"""Runs a command line of these words against a cluster."""

BROKEN = "app:broken"
"""An image whose containers end soon, and badly."""
ENDING = "batch:1"
"""One whose containers end soon, and well."""
IMAGES = (
    ImagePlan(BROKEN, exits_after_ns=200 * MS, exit_code=1),
    ImagePlan(ENDING, exits_after_ns=200 * MS),
)

_PATIENCE_S = 60
_ID = re.compile(r"\b[0-9a-z]{25}\b|\b[0-9a-z]{12}\b")
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}")
_AGE = re.compile(r"(less than a second|\d+ \w+|about an? \w+) ago", re.IGNORECASE)


def docker_verb(docker_host: str, binary: str) -> Verb:
    """docker's own command line."""
    environment = {**os.environ, "DOCKER_HOST": docker_host, "DOCKER_CLI_HINTS": "false"}

    def run(*words: str) -> Ended:
        done = subprocess.run(
            [binary, *words], capture_output=True, text=True, timeout=_PATIENCE_S, check=False, env=environment
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


def our_verb(docker_host: str, swarmsim: Command) -> Verb:
    """`swarmsim` itself, in this process."""

    def run(*words: str) -> Ended:
        group, *rest = words
        return swarmsim(group, "--host", docker_host, *rest)

    return run


def without_digests(text: str) -> str:
    """Images by their tags alone."""
    return _DIGEST.sub("", text)


def without_ids_and_ages(text: str) -> str:
    """What is the same whenever and wherever it is printed."""
    return _AGE.sub("AGE", _ID.sub("ID", text))
