"""Plants one bug at a time and runs the test that must notice it: `make mutants`.

The bugs are the `*.patch` files beside this script; patches.py says how one is written. Exit code 1 of the command that
must catch it (a test failed, a violation was found) kills the mutant; 0 lets it survive; any other means that nothing
was tested, which fails the run as survival does. So do a patch that no longer applies, and a command that does not pass
on the code as it is. The budget is CPU time, so that a busy machine kills no mutant; wall time may be a few times that.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TypeVar

from patches import BadMutant, Mutant, read_mutant
from rich.console import Console
from rich.table import Table
from trees import Outcome, Trees

ROOT = Path(__file__).resolve().parents[2]
LEAST = {"mutants of Raft": 20, "of them killed by general suites or fuzz": 12, "of them killed by fuzz": 8}
SHOWN_OUTPUT_LINES = 25

Item = TypeVar("Item", str, Mutant)


def is_dead(mutant: Mutant, outcome: Outcome) -> bool:
    """Whether the test did its work; running out of time counts where the header says so."""
    return outcome.verdict == "killed" or (outcome.verdict == "timeout" and mutant.by_timeout)


def shortfalls(mutants: Iterable[Mutant]) -> list[str]:
    """Which of the least numbers the collection does not reach."""
    kinds = Counter(mutant.kind for mutant in mutants if mutant.name.startswith("raft-"))
    have = dict(zip(LEAST, (kinds.total(), kinds["general"] + kinds["fuzz"], kinds["fuzz"]), strict=True))
    return [f"{have[what]} {what}, at least {least} wanted" for what, least in LEAST.items() if have[what] < least]


def run_all(
    pool: ThreadPoolExecutor, console: Console, items: list[Item], run: Callable[[Item], Outcome]
) -> dict[Item, Outcome]:
    """Run each item in the pool, telling the console as each ends; the result keeps the items' order."""
    futures: dict[Future[Outcome], Item] = {pool.submit(run, item): item for item in items}
    for count, future in enumerate(as_completed(futures), 1):
        outcome = future.result()
        console.print(
            f"[{count:>3}/{len(items)}] {outcome.verdict:<14} {outcome.seconds:5.1f} s  {_name(futures[future])}",
            markup=False,
            highlight=False,
        )
    return {item: future.result() for future, item in futures.items()}


def _name(item: str | Mutant) -> str:
    return item.name if isinstance(item, Mutant) else item


def check(mutants: list[Mutant], trees: Trees, jobs: int, console: Console) -> tuple[dict[Mutant, Outcome], list[str]]:
    """Run everything: first each distinct command on the code as it is, then each mutant. Returns what is wrong too."""
    with ThreadPoolExecutor(jobs) as pool:
        console.print("the code as it is passes what must catch the bugs:", highlight=False)
        commands = list(dict.fromkeys(mutant.caught_by for mutant in mutants))
        proofs = run_all(pool, console, commands, trees.run)
        if failed := [
            f"fails without any bug: {name}\n{_tail(proofs[name])}" for name in commands if not _passed(proofs[name])
        ]:
            return {}, failed
        console.print("with one bug each:", highlight=False)
        outcomes = run_all(pool, console, mutants, trees.run_mutated)
    alive = [mutant for mutant in mutants if not is_dead(mutant, outcomes[mutant])]
    return outcomes, [f"{mutant.name}: {outcomes[mutant].verdict}\n{_tail(outcomes[mutant])}" for mutant in alive]


def _passed(outcome: Outcome) -> bool:
    return outcome.verdict == "passes"


def _tail(outcome: Outcome) -> str:
    return "\n".join("    " + line for line in outcome.output.splitlines()[-SHOWN_OUTPUT_LINES:])


COLUMNS = ("mutant", "verdict", "kind", "seconds", "caught by", "bug")


def table(outcomes: dict[Mutant, Outcome]) -> Table:
    """Which bug, what killed it, how long that took."""
    shown = Table(title="Mutants")
    for heading in COLUMNS:
        shown.add_column(heading, overflow="fold", justify="right" if heading == "seconds" else "left")
    for row in _rows(outcomes):
        shown.add_row(*row)
    return shown


def lines(outcomes: dict[Mutant, Outcome]) -> list[str]:
    """The same for files and pipes: a line per mutant, however long."""
    rows = [COLUMNS, *_rows(outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _rows(outcomes: dict[Mutant, Outcome]) -> list[tuple[str, ...]]:
    return [
        (mutant.name, outcome.verdict, mutant.kind, f"{outcome.seconds:.1f}", mutant.caught_by, mutant.title)
        for mutant, outcome in outcomes.items()
    ]


def tally(dead: Iterable[Mutant]) -> str:
    """How many of the dead each kind of test killed."""
    kinds = Counter(mutant.kind for mutant in dead)
    return f"{kinds['fuzz']} by fuzz, {kinds['general']} by general suites, {kinds['own']} by tests of their own"


def as_json(outcomes: dict[Mutant, Outcome], problems: list[str]) -> str:
    """The same for programs."""
    rows = [
        {
            "name": mutant.name,
            "title": mutant.title,
            "kind": mutant.kind,
            "caught_by": mutant.caught_by,
            "verdict": outcome.verdict,
            "dead": is_dead(mutant, outcome),
            "seconds": round(outcome.seconds, 1),
        }
        for mutant, outcome in outcomes.items()
    ]
    return json.dumps({"mutants": rows, "problems": problems}, indent=2)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Prove that the tests notice bugs planted in the code.")
    parser.add_argument("only", nargs="*", help="parts of the names of mutants to run; all when none is given")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once (default %(default)s)")
    parser.add_argument("--budget-s", type=int, default=15, help="CPU seconds per mutant (default %(default)s)")
    parser.add_argument("--enforce-counts", action="store_true", help="fail when the collection is too small")
    parser.add_argument("--json", action="store_true", help="print the result as JSON, progress on standard error")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project to work on (default: this one)")
    return parser.parse_args()


def main() -> int:
    """Exit code: 0 every mutant died, 1 not so, 2 a patch file cannot be used as written."""
    options = arguments()
    console = Console(stderr=options.json, soft_wrap=True)
    patches = sorted((options.root / "tests" / "mutants").glob("*.patch"))
    try:
        mutants = [read_mutant(patch) for patch in patches]
    except BadMutant as error:
        console.print(str(error), markup=False, highlight=False)
        return 2
    chosen = [mutant for mutant in mutants if not options.only or any(part in mutant.name for part in options.only)]
    with tempfile.TemporaryDirectory(prefix="swarmsim-mutants-") as folder:
        trees = Trees(options.root, Path(folder), options.jobs, options.budget_s)
        outcomes, problems = check(chosen, trees, options.jobs, console)
    if options.enforce_counts:
        problems += shortfalls(mutants)
    if options.json:
        print(as_json(outcomes, problems))
    else:
        if console.is_terminal:
            console.print(table(outcomes))
        else:
            print("\n".join(lines(outcomes)))
        for problem in problems:
            console.print(problem, markup=False, highlight=False)
    dead = [mutant for mutant, outcome in outcomes.items() if is_dead(mutant, outcome)]
    killed = f"{len(dead)} of {len(chosen)} mutants killed: {tally(dead)}"
    console.print(f"{killed}; {len(problems)} problems", highlight=False)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
