"""What varies between machines and between runs of the same seed: `run.json`, never `report.json`."""

import os
import platform
import subprocess
import time
from pathlib import Path

import msgspec
from msgspec import Struct

import swarmsim


class Circumstances(Struct, frozen=True):
    """How the report came about. `git_revision` is empty outside a clone."""

    report_sha256: str
    """Of report.json: equal wherever scenario, seeds and code are."""
    git_revision: str
    git_modified: bool
    python: str
    platform: str
    cpu_count: int
    jobs: int
    finished_at: str
    """Universal time, ISO 8601."""
    wall_s: float
    """From when this scenario's results were waited for; with several files, workers may have been ahead."""
    cpu_s: float
    """Of playing the seeds, in whatever process."""
    simulated_s: float
    simulated_s_per_cpu_s: float


class Stopwatch:
    """Starts when it is made."""

    def __init__(self) -> None:
        self._wall_s = time.monotonic()
        self._cpu_s = 0.0

    def add_cpu(self, cpu_s: float) -> None:
        """Somebody has worked for so long, here or in another process."""
        self._cpu_s += cpu_s

    def read(self, *, report_sha256: str, jobs: int, simulated_s: float) -> Circumstances:
        """The circumstances of what happened since."""
        cpu_s = self._cpu_s
        revision, modified = _git()
        return Circumstances(
            report_sha256=report_sha256,
            git_revision=revision,
            git_modified=modified,
            python=platform.python_version(),
            platform=f"{platform.system()} {platform.machine()}",
            cpu_count=os.cpu_count() or 0,
            jobs=jobs,
            finished_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            wall_s=round(time.monotonic() - self._wall_s, 3),
            cpu_s=round(cpu_s, 3),
            simulated_s=simulated_s,
            simulated_s_per_cpu_s=round(simulated_s / cpu_s, 1) if cpu_s > 0 else 0.0,
        )


def json_of(circumstances: Circumstances) -> bytes:
    """As `run.json` has it."""
    return msgspec.json.format(msgspec.json.encode(circumstances), indent=1) + b"\n"


def _git() -> tuple[str, bool]:
    """The revision of the clone this code runs from, and whether it was changed since."""
    revision = _git_says("rev-parse", "HEAD")
    return revision, bool(revision and _git_says("status", "--porcelain", "--untracked-files=no"))


def _git_says(*arguments: str) -> str:
    folder = Path(swarmsim.__file__).parent
    try:
        said = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip() if said.returncode == 0 else ""
