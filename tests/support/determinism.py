"""Plays short fuzz schedules twice, in processes of different PYTHONHASHSEED, and compares recordings and reports.

Each schedule loses its leader and suffers faults of all kinds within 15 simulated seconds.
`make determinism` plays 200.
Exit code 0: all were equal; 1: some were not, or could not be played with the loss of a leader.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import short_schedules
from short_schedules import Outcome, outcomes_in

HASH_SEEDS = ("1", "2")
BLOCK_COUNT = 5
"""Seeds per process: enough to make its start cheap, few enough to keep all processes busy to the end."""


def compare(seeds: range, jobs: int) -> list[str]:
    """One line for each seed that went wrong; each seed is played once under each hash seed."""
    blocks = [seeds[start : start + BLOCK_COUNT] for start in range(0, len(seeds), BLOCK_COUNT)]
    with ThreadPoolExecutor(jobs) as pool:
        runs = [[pool.submit(_play, block, hash_seed) for hash_seed in HASH_SEEDS] for block in blocks]
        wrong: list[str] = []
        for block, futures in zip(blocks, runs, strict=True):
            wrong += _differences(block, [future.result() for future in futures])
            print(f"{block[-1] - seeds[0] + 1} of {len(seeds)} seeds", file=sys.stderr, flush=True)
    return wrong


def _play(block: range, hash_seed: str) -> list[Outcome]:
    """Seeds that were not played for whatever reason are missing."""
    process = subprocess.run(
        [sys.executable, short_schedules.__file__, str(block[0]), str(block[-1])],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return outcomes_in(process.stdout.splitlines())


def _differences(block: range, played: Sequence[Sequence[Outcome]]) -> list[str]:
    first, second = ({outcome.seed: outcome for outcome in outcomes} for outcomes in played)
    lines = []
    for seed in block:
        if seed not in first or seed not in second:
            lines.append(f"seed {seed}: not played to its end, or without the loss of a leader")
        elif first[seed] != second[seed]:
            lines.append(f"seed {seed}: {first[seed]} under hash seed {HASH_SEEDS[0]}, {second[seed]} under the other")
    return lines


def main() -> int:
    """Compare, and print a verdict."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="1..10", help="A..B, both included (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (%(default)s)")
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split(".."))
    wrong = compare(range(first, last + 1), arguments.jobs)
    for line in wrong:
        print(line)
    count = last - first + 1
    under = f"under PYTHONHASHSEED={HASH_SEEDS[0]} and {HASH_SEEDS[1]}"
    if wrong:
        print(f"{len(wrong)} of {count} seeds went wrong {under}")
    else:
        print(f"{count} of {count} seeds lost their leader and gave equal recordings and reports {under}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
