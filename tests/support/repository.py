"""The project's own files, for tests that look at source text rather than run it."""

import subprocess
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "sim", "real", "swarmsim")


def module_files(*packages: str) -> list[Path]:
    """Every Python file of these top-level packages, in a fixed order."""
    return sorted(file for package in packages for file in (ROOT / package).rglob("*.py"))


def relative(file: Path) -> str:
    """The file's path from the repository's root, as tests show it."""
    return file.relative_to(ROOT).as_posix()


def tracked_files() -> list[Path]:
    """What git holds, with the content of the working tree."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [file for name in listing.split("\0") if name and (file := ROOT / name).is_file()]


def pyproject() -> dict[str, Any]:
    """pyproject.toml as read."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())
