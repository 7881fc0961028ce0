"""Copies of the project in which one bug at a time is planted, and commands run on them."""

import compileall
import os
import queue
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from py_compile import PycInvalidationMode

from patches import Mutant

WALL_PER_CPU = 4
"""How much longer than its CPU budget a command may take by the clock on the wall."""
PROOF_BUDGET_FACTOR = 4
"""How many budgets a command may use up on the code as it is: passing means running every example."""
WITHOUT_BUG = {"survived": "passes", "killed": "fails"}
TIMED_OUT = (-signal.SIGXCPU, -signal.SIGKILL)


@dataclass(frozen=True)
class Outcome:
    """What became of a command on one tree."""

    verdict: str
    """`killed`, `survived`, `timeout`, `does not apply` or `not tested`; without a bug `passes` or `fails`."""
    seconds: float
    output: str


def command_line(caught_by: str) -> list[str]:
    """What to execute for a `caught-by`: pytest for node ids, a command as it stands."""
    words = shlex.split(caught_by)
    if words[0].startswith("tests/"):
        return [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *words]
    return words


def copy_tree(root: Path, destination: Path) -> None:
    """Copy what git holds or would hold, with the working tree's content."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listing.split("\0")):
        source, target = root / name, destination / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    # A patch and its undoing can leave a file's size and time as they were: byte code is matched by content.
    compileall.compile_dir(destination, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)


class Trees:
    """One copy of the project per worker; each is whole again when it is given back."""

    def __init__(self, root: Path, folder: Path, count: int, cpu_budget_s: int) -> None:
        self._cpu_budget_s = cpu_budget_s
        self._free: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for index in range(count):
            tree = folder / f"tree-{index}"
            copy_tree(root, tree)
            self._free.put(tree)

    def run(self, command: str) -> Outcome:
        """Run a command on the code as it is."""
        with self._borrowed() as tree:
            outcome = self._execute(tree, command, self._cpu_budget_s * PROOF_BUDGET_FACTOR)
        return replace(outcome, verdict=WITHOUT_BUG.get(outcome.verdict, outcome.verdict))

    def run_mutated(self, mutant: Mutant) -> Outcome:
        """Apply the patch, run what must catch it, undo the patch."""
        with self._borrowed() as tree:
            applied = self._git_apply(tree, mutant.patch)
            if applied.returncode != 0:
                return Outcome("does not apply", 0.0, applied.stderr)
            try:
                return self._execute(tree, mutant.caught_by, self._cpu_budget_s)
            finally:
                self._git_apply(tree, mutant.patch, "--reverse").check_returncode()

    @contextmanager
    def _borrowed(self) -> Iterator[Path]:
        tree = self._free.get()
        try:
            yield tree
        finally:
            self._free.put(tree)

    def _git_apply(self, tree: Path, patch: Path, *options: str) -> subprocess.CompletedProcess[str]:
        # The ceiling keeps git from taking the copy for a part of a repository further up.
        environment = os.environ | {"GIT_CEILING_DIRECTORIES": str(tree.parent)}
        command = ["git", "apply", "-p1", "--whitespace=nowarn", *options, str(patch)]
        return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)

    def _execute(self, tree: Path, command: str, cpu_budget_s: int) -> Outcome:
        limited = ["sh", "-c", 'ulimit -t "$0" && exec "$@"', str(cpu_budget_s), *command_line(command)]
        started = time.monotonic()
        process = subprocess.Popen(
            limited,
            cwd=tree,
            env=self._environment(tree),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=cpu_budget_s * WALL_PER_CPU)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
        return Outcome(_verdict(process.returncode), time.monotonic() - started, output)

    @staticmethod
    def _environment(tree: Path) -> dict[str, str]:
        return os.environ | {
            "PYTHONPATH": str(tree),  # before the installed project, which is the tree this copy was made from
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HYPOTHESIS_PROFILE": "mutants",
        }


def _verdict(exit_code: int) -> str:
    if exit_code in TIMED_OUT:
        return "timeout"
    return {0: "survived", 1: "killed"}.get(exit_code, "not tested")
