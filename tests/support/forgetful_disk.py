"""A disk under the real driver that keeps nothing it was not told to sync, and whose power fails at a given moment."""

import os
from pathlib import Path
from typing import Any


class PowerFailed(OSError):
    """The machine is gone: nothing it does from here on has any effect."""


class ForgetfulDisk:
    """Takes the place of `os` in `real.storage`. Bytes reach the real files at once, and are taken back by `crash`."""

    def __init__(self, operation_count: int | None = None) -> None:
        """`operation_count`: how many operations on files succeed before the power fails; None for all."""
        self.renamed_count = 0
        self._left = operation_count
        self._paths: dict[int, Path] = {}
        self._synced: dict[Path, bytes] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        file = os.open(path, flags, mode)
        if not flags & os.O_DIRECTORY:
            self._synced.setdefault(path, path.read_bytes())
        self._paths[file] = path
        return file

    def close(self, file: int) -> None:
        del self._paths[file]
        os.close(file)

    def pwrite(self, file: int, data: bytes, offset: int) -> int:
        self._spend()
        return os.pwrite(file, data, offset)

    def ftruncate(self, file: int, length: int) -> None:
        self._spend()
        os.ftruncate(file, length)

    def fdatasync(self, file: int) -> None:
        self._spend()
        self._synced[self._paths[file]] = self._paths[file].read_bytes()

    def rename(self, source: Path, target: Path) -> None:
        self._spend()
        os.rename(source, target)
        self.renamed_count += 1
        self._synced[target] = self._synced.pop(source)
        self._paths = {file: target if path == source else path for file, path in self._paths.items()}

    def _spend(self) -> None:
        if self._left is not None:
            if self._left == 0:
                raise PowerFailed("the power has failed")
            self._left -= 1

    def crash(self) -> None:
        """Every byte that was not synced is gone, and so is the process that had the files open."""
        for path, content in self._synced.items():
            path.write_bytes(content)
        for file in list(self._paths):
            self.close(file)
