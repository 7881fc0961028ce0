"""The real daemon over a disk whose cache dies with the process: kill -9 takes every byte that was not synced.

The system's own cache outlives a process that is killed, and so would forgive a missing sync. Here a write waits in the
process until its file is synced. Names are not forgotten; `forgetful_disk` forgets those as well, for a host without
a process of its own.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import real.storage
from real.daemon import main


class CachedDisk:
    """Takes the place of `os` in `real.storage`."""

    def __init__(self) -> None:
        self._waiting: dict[int, list[Callable[[], object]]] = {}
        """What is to be done to each open file once it is synced, in order."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def pwrite(self, descriptor: int, data: bytes, offset: int) -> int:
        self._waiting.setdefault(descriptor, []).append(partial(os.pwrite, descriptor, data, offset))
        return len(data)

    def ftruncate(self, descriptor: int, length: int) -> None:
        self._waiting.setdefault(descriptor, []).append(partial(os.ftruncate, descriptor, length))

    def fdatasync(self, descriptor: int) -> None:
        for write in self._waiting.pop(descriptor, ()):
            write()

    def close(self, descriptor: int) -> None:
        self._waiting.pop(descriptor, None)
        os.close(descriptor)


if __name__ == "__main__":
    vars(real.storage)["os"] = CachedDisk()
    sys.exit(f"halted: {asyncio.run(main())}")
