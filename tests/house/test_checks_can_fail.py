"""A check that cannot fail checks nothing: each tool behind `make check` refuses a bad snippet, with our settings."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from repository import PACKAGES, ROOT, module_files, relative

BIN = Path(sys.executable).parent


def tool(*command: str, cwd: Path = ROOT, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(BIN / command[0]), *command[1:]], cwd=cwd, input=given, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("code", "snippet"),
    [
        ("A001", "id = 1\n"),
        ("B006", "def f(peers: list[str] = []) -> None: ...\n"),
        ("DTZ005", "from datetime import datetime\n\nat = datetime.now()\n"),
        ("E501", f'text = "{"x" * 120}"\n'),
        ("F401", "import json\n"),
        ("FIX002", "# TO" + "DO: the rest\n"),
        ("I001", "import json\nimport ast\n\nprint(ast, json)\n"),
        ("N802", "def sendAll() -> None: ...\n"),
        ("PGH003", "term = 1  # type" + ": ignore\n"),
        ("T201", 'print("led by")\n'),
        ("TID251", "from time import sleep\n\nsleep(1)\n"),
        ("TID252", "from . import ids\n"),
        ("UP007", "from typing import Union\n\nPeer = Union[int, str]\n"),
    ],
)
def test_ruff_refuses(code: str, snippet: str) -> None:
    assert (
        f" {code} "
        in tool("ruff", "check", "--output-format=concise", "--stdin-filename=core/x.py", "-", given=snippet).stdout
    )


def test_ruff_refuses_another_layout() -> None:
    assert tool("ruff", "format", "--check", "--stdin-filename=core/x.py", "-", given="term=1\n").returncode == 1


@pytest.mark.slow
def test_mypy_refuses_what_is_not_typed(tmp_path: Path) -> None:
    (tmp_path / "untyped.py").write_text("def step(now, event):\n    return []\n")
    outcome = tool("mypy", "--config-file", str(ROOT / "pyproject.toml"), "untyped.py", cwd=tmp_path)
    assert "[no-untyped-def]" in outcome.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("core/ids.py", "import time", "The core has no clock"),
        ("core/ids.py", "import sim", "Imports point downward"),
        ("sim/__init__.py", "import real", "Imports point downward"),
        ("real/__init__.py", "import sim", "Imports point downward"),
        ("sim/__init__.py", "import swarmsim", "Imports point downward"),
        ("sim/__init__.py", "import time", "Simulated time is the only time"),
        ("core/raft/__init__.py", "import core.store", "Raft does not know what it replicates"),
        ("core/agent/__init__.py", "import core.manager", "The leader's loops and a host's agent"),
    ],
)
def test_a_contract_breaks(tmp_path: Path, module: str, line: str, contract: str) -> None:
    """The project's contracts over its packages, every module empty but for one bad import."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file in module_files(*PACKAGES):
        emptied = tmp_path / relative(file)
        emptied.parent.mkdir(parents=True, exist_ok=True)
        emptied.touch()
    (tmp_path / module).write_text(line + "\n")
    outcome = tool("lint-imports", "--no-cache", cwd=tmp_path)
    assert outcome.returncode == 1
    broken = [told for told in outcome.stdout.splitlines() if told.endswith("BROKEN")]
    assert len(broken) == 1, outcome.stdout
    assert broken[0].startswith(contract)
