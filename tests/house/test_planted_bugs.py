"""Every planted bug of `tests/mutants` can still be planted: who changes the code around one changes it as well."""

import subprocess
from pathlib import Path

import pytest
from repository import ROOT

PATCHES = sorted((ROOT / "tests" / "mutants").glob("*.patch"))


def test_there_are_some() -> None:
    assert PATCHES


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_it_applies(patch: Path) -> None:
    tried = subprocess.run(["git", "apply", "--check", str(patch)], cwd=ROOT, capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr
