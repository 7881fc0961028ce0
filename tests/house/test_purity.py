"""Nothing in `core` and `sim` could make two runs of one seed differ, nor order or chance in `swarmsim`; and each rule
can fail."""

from pathlib import Path

import pytest
from purity import Finding, findings
from repository import ROOT, module_files, relative

CORE = frozenset({"core", "msgspec"})
SIM = CORE | {"sim", "simpy", "networkx"}

ORDER_AND_CHANCE = {"iteration over a set", "set.pop()", "hash()", "id()", "random functions", "Random()"}
"""What `swarmsim` keeps to as well: a schedule is a function of its seed, a report one of scenario, seed and code."""

EXCEPTIONS: dict[tuple[str, str], str] = {}
"""(file, rule) -> why it does no harm there. One that is no longer needed fails the test."""


def breaches(file: Path) -> list[Finding]:
    source = file.read_text()
    match relative(file).partition("/")[0]:
        case "core":
            return findings(source, packages=CORE)
        case "sim":
            return findings(source, packages=SIM, may_seed=True)
    every = findings(source, packages=frozenset(), may_seed=True)
    return [finding for finding in every if finding.rule in ORDER_AND_CHANCE]


@pytest.mark.parametrize("file", module_files("core", "sim", "swarmsim"), ids=relative)
def test_a_module_is_deterministic(file: Path) -> None:
    unexcused = [str(finding) for finding in breaches(file) if (relative(file), finding.rule) not in EXCEPTIONS]
    assert not unexcused, "\n".join([relative(file), *unexcused])


def test_each_exception_is_still_needed() -> None:
    needed = {(name, finding.rule) for name, _ in EXCEPTIONS for finding in breaches(ROOT / name)}
    assert set(EXCEPTIONS) <= needed


@pytest.mark.parametrize(
    ("snippet", "rule"),
    [
        ("import time", "import time"),
        ("from os import path", "import os"),
        ("import asyncio.streams", "import asyncio"),
        ("import logging", "import logging"),
        ("import uuid", "import uuid"),
        ("import simpy", "import simpy"),
        ("import numpy", "import numpy"),
        ("from sim.network import Link", "import sim"),
        ("import random", "random functions"),
        ("from random import randint", "random functions"),
        ("from random import Random\nrng = Random(1)", "Random()"),
        ("print('led by', leader)", "print()"),
        ("order = sorted(tasks, key=lambda task: id(task))", "id()"),
        ("bucket = hash(name) % 16", "hash()"),
        ("text = open('state').read()", "open()"),
        ("from datetime import datetime\nat = datetime.now()", "now()"),
        ("import datetime\nday = datetime.date.today()", "today()"),
        ("from datetime import datetime\nat = datetime.fromtimestamp(1)", "fromtimestamp()"),
        ("for peer in {first, second}: send(peer)", "iteration over a set"),
        ("for peer in set(peers): send(peer)", "iteration over a set"),
        ("for peer in old.keys() - new.keys(): close(peer)", "iteration over a set"),
        ("for peer in voters | learners | {self}: send(peer)", "iteration over a set"),
        ("lost: set[str] = found()\nfor peer in lost: close(peer)", "iteration over a set"),
        ("class A:\n def f(self):\n  self.up = set()\n  return [p for p in self.up]", "iteration over a set"),
        ("def f(peers: frozenset[str]): return list(peers)", "iteration over a set"),
        ("order = {peer: 1 for peer in {1, 2}}", "iteration over a set"),
        ("best = min({1, 2}, key=cost)", "iteration over a set"),
        ("call(*{1, 2})", "iteration over a set"),
        ("text = ','.join({'a', 'b'})", "iteration over a set"),
        ("lost = set()\nfirst = lost.pop()", "set.pop()"),
        ("mean = sum(x / 2 for x in loads)", "float sum"),
        ("import posixpath\nhere = posixpath.abspath('x')", "posixpath.abspath()"),
        ("count = 0\ndef f():\n global count", "global"),
        ("class A:\n def __del__(self): ...", "__del__"),
        ("async def f(): ...", "async def"),
    ],
)
def test_a_breach_is_found(snippet: str, rule: str) -> None:
    assert rule in [finding.rule for finding in findings(snippet, packages=CORE)]


@pytest.mark.parametrize(
    "snippet",
    [
        "from random import Random\ndef f(rng: Random) -> int: return rng.randrange(3)",
        "for peer in sorted({first, second}): send(peer)",
        "for peer in sorted(old.keys() - new.keys()): close(peer)",
        "lost = set()\nif any(peer.up for peer in lost): lost.add(1)",
        "up = {peer for peer in {1, 2} if peer}",
        "least = min({1, 2})",
        "def f(peers: dict[str, int]): return list(peers)",
        "class A:\n def __hash__(self): return hash(self.key)",
        "total = sum(task.memory_bytes for task in tasks)",
        "total_ns = sum(round(float(part) * 1e9) for part in parts)",
        "tasks.pop()",
        "from datetime import UTC, datetime\nat = datetime.fromtimestamp(1, tz=UTC)",
    ],
)
def test_what_is_deterministic_passes(snippet: str) -> None:
    assert findings(snippet, packages=CORE) == []


def test_the_simulator_may_seed_a_generator_but_not_leave_it_to_the_machine() -> None:
    def rules(snippet: str) -> list[str]:
        return [finding.rule for finding in findings(snippet, packages=SIM, may_seed=True)]

    assert rules("from random import Random\nrng = Random(seed)") == []
    assert rules("from random import Random\nrng = Random()") == ["Random()"]
