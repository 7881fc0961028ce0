"""Many seeds over several processes, with the same results in the same order as in one.

Each seed is a run of its own that shares nothing, so only the order of results has to be kept. A run that raises is a
result too, with its seed; a worker process that dies takes nothing with it but the seeds it had.
"""

import multiprocessing
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import PurePath
from typing import Generic, TypeVar

from msgspec import Struct

ResultT = TypeVar("ResultT")

AHEAD_COUNT = 2
"""Seeds handed out per worker: enough to keep it busy, few enough to stop soon."""


class SeedResult(Struct, Generic[ResultT], frozen=True):
    """What came of one seed: a result, or the crash of its run."""

    seed: int
    result: ResultT | None
    crash: str = ""


def run_seeds(run: Callable[[int], ResultT], seeds: Iterable[int], jobs: int = 1) -> Iterator[SeedResult[ResultT]]:
    """The results of `run(seed)` in order of seeds; a consumer that stops early stops the campaign.

    With more than one job `run` must be picklable, and so must what it returns. Raises ValueError for less than one.
    """
    if jobs < 1:
        raise ValueError(f"{jobs} jobs: use 1 or more")
    if jobs == 1:
        return (_attempt(run, seed) for seed in seeds)
    return _run_in_processes(run, iter(seeds), jobs)


def _run_in_processes(run: Callable[[int], ResultT], seeds: Iterator[int], jobs: int) -> Iterator[SeedResult[ResultT]]:
    # A terminal's Ctrl-C reaches the workers too: they are to end at once, without a traceback each.
    pool = ProcessPoolExecutor(jobs, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_DFL))
    try:
        waiting = {seed: pool.submit(_attempt, run, seed) for seed in islice(seeds, jobs * AHEAD_COUNT)}
        while waiting:
            seed = next(iter(waiting))
            yield _result_of(seed, waiting.pop(seed))
            for following in islice(seeds, 1):
                waiting[following] = pool.submit(_attempt, run, following)
    except KeyboardInterrupt:
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
