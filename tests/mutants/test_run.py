"""The runner of mutants, on a small project of its own: it tells the dead from the living and from the untested."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RUNNER = Path(__file__).with_name("run.py")

LARGER = '''"""Which of two is larger."""


def larger(a: int, b: int) -> int:
    """The larger one."""
    return a if a > b else b
'''
TEST = """from core.larger import larger


def test_second() -> None:
    assert larger(1, 2) == 2
"""


def patch(*, line: str, into: str, kind: str = "own", caught_by: str = "tests/test_larger.py", extra: str = "") -> str:
    """A patch file that changes the function's only line."""
    return (
        f"title: {into.strip()}\ncaught-by: {caught_by}\nkind: {kind}\nwhy: to try\n  the runner\n{extra}\n"
        "--- a/core/larger.py\n+++ b/core/larger.py\n@@ -4,3 +4,3 @@\n"
        ' def larger(a: int, b: int) -> int:\n     """The larger one."""\n'
        f"-    return {line}\n+    return {into}\n"
    )


KILLED = patch(line="a if a > b else b", into="a")
SURVIVING = patch(line="a if a > b else b", into="b")
NOT_APPLYING = patch(line="max(a, b)", into="a")
BROKEN = patch(line="a if a > b else b", into="a if")
ENDLESS = patch(line="a if a > b else b", into="larger(b, a) if [None for _ in iter(int, 1)] else a")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one function, one test and no mutants yet."""
    for name, text in {"core/__init__.py": "", "core/larger.py": LARGER, "tests/test_larger.py": TEST}.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    (tmp_path / "tests" / "mutants").mkdir()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def run(project: Path, *options: str, **patches: str) -> tuple[int, Any]:
    """Write the patches, run the runner; its exit code and its JSON."""
    for name, text in patches.items():
        (project / "tests" / "mutants" / f"{name}.patch").write_text(text)
    command = [sys.executable, str(RUNNER), "--root", str(project), "--jobs", "2", "--json", *options]
    finished = subprocess.run(command, capture_output=True, text=True)
    return finished.returncode, json.loads(finished.stdout) if finished.stdout else finished.stderr


def verdicts(result: Any) -> dict[str, str]:
    return {row["name"]: row["verdict"] for row in result["mutants"]}


def test_a_noticed_bug_is_a_dead_mutant(project: Path) -> None:
    exit_code, result = run(project, killed=KILLED)
    assert (exit_code, verdicts(result), result["problems"]) == (0, {"killed": "killed"}, [])


def test_anything_but_death_fails_the_run_and_is_told_apart(project: Path) -> None:
    exit_code, result = run(project, killed=KILLED, surviving=SURVIVING, stale=NOT_APPLYING, broken=BROKEN)
    assert exit_code == 1
    assert verdicts(result) == {
        "broken": "not tested",
        "killed": "killed",
        "stale": "does not apply",
        "surviving": "survived",
    }
    assert len(result["problems"]) == 3


def test_running_out_of_time_kills_only_where_the_header_says_so(project: Path) -> None:
    allowed = ENDLESS.replace("kind:", "by-timeout: yes\nkind:")
    exit_code, result = run(project, "--budget-s", "1", endless=ENDLESS, allowed=allowed)
    assert verdicts(result) == {"allowed": "timeout", "endless": "timeout"}
    assert [row["dead"] for row in result["mutants"]] == [True, False]
    assert exit_code == 1


def test_a_test_that_fails_without_a_bug_proves_nothing(project: Path) -> None:
    (project / "tests" / "test_larger.py").write_text(TEST.replace("== 2", "== 3"))
    exit_code, result = run(project, killed=KILLED)
    assert exit_code == 1
    assert result["mutants"] == []
    assert "fails without any bug: tests/test_larger.py" in result["problems"][0]


def test_a_node_id_that_is_gone_proves_nothing(project: Path) -> None:
    exit_code, result = run(project, gone=patch(line="a", into="b", caught_by="tests/test_larger.py::test_gone"))
    assert (exit_code, result["mutants"]) == (1, [])


def test_the_working_tree_is_left_alone(project: Path) -> None:
    run(project, killed=KILLED, surviving=SURVIVING)
    assert (project / "core" / "larger.py").read_text() == LARGER


def test_names_choose_mutants(project: Path) -> None:
    exit_code, result = run(project, "kill", killed=KILLED, surviving=SURVIVING)
    assert (exit_code, verdicts(result)) == (0, {"killed": "killed"})


def test_a_table_that_nobody_looks_at_on_a_terminal_has_a_line_per_mutant(project: Path) -> None:
    for name, text in {"killed": KILLED, "surviving": SURVIVING}.items():
        (project / "tests" / "mutants" / f"{name}.patch").write_text(text)
    command = [sys.executable, str(RUNNER), "--root", str(project)]
    printed = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    rows = {line.split()[0]: line.split()[1:3] for line in printed if "tests/test_larger.py  " in line}
    assert rows == {"killed": ["killed", "own"], "surviving": ["survived", "own"]}
    assert printed[-1] == "1 of 2 mutants killed: 0 by fuzz, 0 by general suites, 1 by tests of their own; 1 problems"


def test_a_collection_that_is_too_small_fails_when_asked(project: Path) -> None:
    exit_code, result = run(project, "--enforce-counts", killed=KILLED)
    assert exit_code == 1
    assert "0 mutants of Raft, at least 20 wanted" in result["problems"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (KILLED.replace("why: to try\n  the runner\n", ""), "the header lacks why"),
        (KILLED.replace("kind: own", "kind: lucky"), "kind is one of general, fuzz, own, not 'lucky'"),
        (KILLED.replace("kind: own", "kind: fuzz"), "kind fuzz means caught-by: swarmsim fuzz"),
        (KILLED.replace("kind: own", "kind: own\nauthor: me"), "the header has no use for author"),
        (KILLED.replace("kind: own", "kind: own\nsurely"), "not a `key: value` line: 'surely'"),
        (KILLED.replace("core/larger.py", "tests/test_larger.py"), "changes core/, sim/, real/, swarmsim/ and nothing"),
    ],
)
def test_a_badly_written_patch_is_refused(project: Path, text: str, complaint: str) -> None:
    exit_code, message = run(project, bad=text)
    assert exit_code == 2
    assert complaint in message
