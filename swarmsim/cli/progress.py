"""Progress of long work, on standard error: a bar where a terminal is watched, else a plain line now and then."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Advance = Callable[[int, int], None]
"""Told how much is done, and of how much."""

PAUSE_S: Final = 10.0
"""Between two plain lines, and before the first: what is over sooner needs none."""


@contextmanager
def progress_of(what: str, unit: str, *, shown: bool, clock: Callable[[], float] = time.monotonic) -> Iterator[Advance]:
    """A bar, plain lines, or nothing at all; `unit` is what is counted, in the plural."""
    if not shown:
        yield lambda done, total: None
    elif not sys.stderr.isatty():
        yield _plain_lines(what, unit, clock)
    else:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(unit),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)


def _plain_lines(what: str, unit: str, clock: Callable[[], float]) -> Advance:
    began_s = said_s = clock()

    def advance(done: int, total: int) -> None:
        nonlocal said_s
        now_s = clock()
        if now_s - said_s >= PAUSE_S and done < total:
            said_s = now_s
            print(f"{what}: {done} of {total} {unit} after {now_s - began_s:.0f} s", file=sys.stderr, flush=True)

    return advance
