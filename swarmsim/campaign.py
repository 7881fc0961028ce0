"""Many runs over several processes, with the same results in the same order as in one.

Each seed is a run of its own that shares nothing, so only the order of results has to be kept. A run that raises is a
result too, with its seed; a worker process that dies takes nothing with it but the seeds it had.
"""

import multiprocessing
import signal
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import PurePath
from typing import Generic, TypeVar

from msgspec import Struct

ResultT = TypeVar("ResultT")

Play = tuple[Callable[[int], ResultT], int]
"""What to call, and the seed to call it with."""

AHEAD_COUNT = 2
"""Seeds handed out per worker: enough to keep it busy, few enough to stop soon."""


class SeedResult(Struct, Generic[ResultT], frozen=True):
    """What came of one seed: a result, or the crash of its run."""

    seed: int
    result: ResultT | None
    crash: str = ""


Results = Generator[SeedResult[ResultT], None, None]
"""Results as they come; closing it ends the campaign."""


def run_seeds(run: Callable[[int], ResultT], seeds: Iterable[int], jobs: int = 1) -> Results[ResultT]:
    """The results of `run(seed)` in order of seeds; a consumer that stops early stops the campaign.

    With more than one job `run` must be picklable, and so must what it returns. Raises ValueError for less than one.
    """
    return run_all(((run, seed) for seed in seeds), jobs)


def run_all(plays: Iterable[Play[ResultT]], jobs: int = 1) -> Results[ResultT]:
    """Likewise for runs that differ in more than their seed, all of them over the same processes."""
    if jobs < 1:
        raise ValueError(f"{jobs} jobs: use 1 or more")
    if jobs == 1:
        return (_attempt(run, seed) for run, seed in plays)
    return _run_in_processes(iter(plays), jobs)


def _run_in_processes(plays: Iterator[Play[ResultT]], jobs: int) -> Results[ResultT]:
    # A terminal's Ctrl-C reaches the workers too: they are to end at once, without a traceback each.
    pool = ProcessPoolExecutor(jobs, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_DFL))
    try:
        waiting = deque((seed, pool.submit(_attempt, run, seed)) for run, seed in islice(plays, jobs * AHEAD_COUNT))
        while waiting:
            seed, future = waiting.popleft()
            yield _result_of(seed, future)
            waiting.extend((seed, pool.submit(_attempt, run, seed)) for run, seed in islice(plays, 1))
    except BaseException:  # interrupted, or nobody wants to know the rest
        for worker in multiprocessing.active_children():  # seeds under way may take minutes
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)  # waiting for it keeps Python's exit from racing with the pool's own thread


def _result_of(seed: int, future: "Future[SeedResult[ResultT]]") -> SeedResult[ResultT]:
    try:
        return future.result()
    except BrokenProcessPool:
        return SeedResult(seed, None, "a worker process died, perhaps of this seed (out of memory?): run it alone")


def _attempt(run: Callable[[int], ResultT], seed: int) -> SeedResult[ResultT]:
    try:
        return SeedResult(seed, run(seed))
    except Exception as error:
        return SeedResult(seed, None, describe(error))


def describe(error: BaseException) -> str:
    """What was raised and where, the same on any machine: modules and lines, no paths."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    where = " < ".join(f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return f"{type(error).__name__}: {error} ({where})"
