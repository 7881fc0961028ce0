"""Every rule in docs/rules.md is held by something, and what holds it is there."""

import ast
import re
from functools import cache

import pytest
from repository import ROOT

LATER = ("comes with the API", "comes with the real driver", "left for later")
DIFFERENCE = "[difference](differences-from-docker.md): "
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows(page: str) -> list[tuple[str, str]]:
    """The first cell of each row of a page's tables, and the last one; not those of its heads."""
    lines = (ROOT / "docs" / page).read_text().splitlines()
    tables = [line.strip("|").split(" | ") for line in lines if line.startswith("| ") and not line.startswith("| ---")]
    cells = [(row[0].strip(), row[-1].strip()) for row in tables]
    return [row for row in cells if row[0] not in ("rule", "what")]


@cache
def names_of_tests(file: str) -> frozenset[str]:
    """The tests of a file, those in classes and Hypothesis machines too; none if there is no such file."""
    path = ROOT / file
    nodes = list(ast.walk(ast.parse(path.read_text()))) if path.is_file() else []
    functions = [node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    machines = [
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and node.value.attr == "TestCase"
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    return frozenset([*machines, *(name for name in functions if name.startswith("test_"))])


DIFFERENCES = frozenset(what for what, _ in rows("differences-from-docker.md"))


def fault_of(holder: str) -> str:
    """What is wrong with one of the things that are said to hold a rule; empty if nothing is."""
    if holder in LATER:
        return ""
    if holder.startswith(DIFFERENCE):
        what = holder.removeprefix(DIFFERENCE)
        return "" if what in DIFFERENCES else f"no difference {what!r}"
    named = TEST.fullmatch(holder)
    if named is None:
        return f"{holder!r} is neither a test nor a difference nor one of {', '.join(LATER)}"
    file, name = named.groups()
    return "" if name in names_of_tests(file) else f"no test {file}::{name}"


@pytest.mark.parametrize(("rule", "held_by"), rows("rules.md"))
def test_a_rule_is_held_by_what_is_there(rule: str, held_by: str) -> None:
    assert [fault for holder in held_by.split("<br>") if (fault := fault_of(holder))] == [], rule


def test_no_rule_is_listed_twice() -> None:
    rules = [rule for rule, _ in rows("rules.md")]
    assert len(rules) == len(set(rules))


@pytest.mark.parametrize(
    "holder",
    [
        "",
        "of course",
        "`tests/house/test_rules.py::test_of_nothing`",
        "`tests/house/test_nothing.py::test_of_nothing`",
        f"{DIFFERENCE}what there is not",
    ],
)
def test_what_is_not_there_holds_nothing(holder: str) -> None:
    assert fault_of(holder)


@pytest.mark.parametrize(
    "holder",
    [
        "comes with the API",
        f"{DIFFERENCE}elections",
        "`tests/house/test_rules.py::test_what_is_there_may_hold_something`",
        "`tests/core/host/test_life.py::test_a_manager_leaves_only_by_force`",
        "`tests/core/raft/test_machine.py::TestRaft`",
    ],
)
def test_what_is_there_may_hold_something(holder: str) -> None:
    assert not fault_of(holder)
