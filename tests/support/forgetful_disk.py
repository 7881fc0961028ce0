"""A disk under the real driver that keeps nothing it was not told to sync, and whose power fails at a given moment."""

import os
from pathlib import Path
from typing import Any


class PowerFailed(OSError):
    """The machine is gone: nothing it does from here on has any effect."""


class _File:
    """What a file holds as far as it was synced."""

    def __init__(self, synced: bytes) -> None:
        self.synced = synced


class ForgetfulDisk:
    """Takes the place of `os` in `real.storage`. What is done to the real files at once, `crash` takes back.

    Names, too, are forgotten, new ones and those that were moved, until their directory is synced.
    """

    def __init__(self, operation_count: int | None = None) -> None:
        """`operation_count`: how many operations on files succeed before the power fails; None for all."""
        self.renamed_count = 0
        self._left = operation_count
        self._open: dict[int, _File | None] = {}
        """None for a directory."""
        self._named: dict[Path, _File] = {}
        self._synced_names: dict[Path, _File] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        if path not in self._named and path.is_file():
            self._named[path] = self._synced_names[path] = _File(path.read_bytes())
        descriptor = os.open(path, flags, mode)
        is_directory = bool(flags & os.O_DIRECTORY)
        self._open[descriptor] = None if is_directory else self._named.setdefault(path, _File(b""))
        return descriptor

    def close(self, descriptor: int) -> None:
        del self._open[descriptor]
        os.close(descriptor)

    def pwrite(self, descriptor: int, data: bytes, offset: int) -> int:
        self._spend()
        return os.pwrite(descriptor, data, offset)

    def ftruncate(self, descriptor: int, length: int) -> None:
        self._spend()
        os.ftruncate(descriptor, length)

    def fdatasync(self, descriptor: int) -> None:
        self._spend()
        file = self._open[descriptor]
        assert file is not None
        file.synced = os.pread(descriptor, os.fstat(descriptor).st_size, 0)

    def fsync(self, descriptor: int) -> None:
        """Of a directory only: there is but one."""
        self._spend()
        assert self._open[descriptor] is None
        self._synced_names = dict(self._named)

    def rename(self, source: Path, target: Path) -> None:
        self._spend()
        os.rename(source, target)
        self.renamed_count += 1
        self._named[target] = self._named.pop(source)

    def _spend(self) -> None:
        if self._left is not None:
            if self._left == 0:
                raise PowerFailed("the power has failed")
            self._left -= 1

    def crash(self) -> None:
        """Every byte and name that was not synced is gone, and so is the process that had the files open."""
        for path in self._named:
            path.unlink()
        for path, file in self._synced_names.items():
            path.write_bytes(file.synced)
        for descriptor in list(self._open):
            self.close(descriptor)
