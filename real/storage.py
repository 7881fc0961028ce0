"""A host's journal on a disk, synced by a thread: what waits while one group is written becomes the next group."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.durability import Persist, Persisted
from core.durable import HostDurable
from core.events import PersistFailed
from core.journal import JOURNAL, MARK, FileOperation, Journal, SyncFile, WriteFile
from core.ports import Deliver


class Storage:
    """Implements `core.ports.Storage` in one directory."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._descriptors: dict[str, int] = {}
        self._journal = Journal(self._read(JOURNAL), self._read(MARK))
        self._thread = ThreadPoolExecutor(1, "storage")
        self._waiting: list[tuple[Persist, Deliver]] = []
        self._busy = False
        self._failure = ""

    def recover(self) -> HostDurable:
        """What the host starts from. Any exception, here or before, means that it must not start."""
        durable, operations = self._journal.recover()
        for operation in operations:
            self._perform(operation)
        return durable

    def persist(self, effect: Persist, deliver: Deliver) -> None:
        """Write and sync in one go with everything else that waits by then."""
        self._waiting.append((effect, deliver))
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._start_group)

    def _start_group(self) -> None:
        group, self._waiting = self._waiting, []
        self._busy = bool(group)
        if group:
            done = asyncio.get_running_loop().run_in_executor(
                self._thread, self._write, [effect for effect, _ in group]
            )
            done.add_done_callback(lambda done: self._finish_group(group, done.result()))

    def _finish_group(self, group: list[tuple[Persist, Deliver]], failure: str) -> None:
        self._start_group()
        if not failure:
            last, deliver = group[-1]
            deliver(Persisted(last.ticket))
            return
        for effect, deliver in group:
            deliver(PersistFailed(effect.ticket, failure))

    def _write(self, effects: list[Persist]) -> str:
        """In the thread. Returns why it failed; once it has, nothing is written any more."""
        try:
            if not self._failure:
                for operation in self._journal.write([(effect.stream, effect.record) for effect in effects]):
                    self._perform(operation)
        except Exception as error:
            self._failure = f"the journal in {self._directory} cannot be written: {error}"
        return self._failure

    def _perform(self, operation: FileOperation) -> None:
        descriptor = self._descriptor(operation.name)
        if isinstance(operation, WriteFile):
            data, offset = operation.data, operation.offset
            while data:
                written = os.pwrite(descriptor, data, offset)
                data, offset = data[written:], offset + written
            os.ftruncate(descriptor, offset)
        elif isinstance(operation, SyncFile):
            os.fdatasync(descriptor)
        else:
            os.rename(self._directory / operation.name, self._directory / operation.to)
            self._sync_names()
            for name in {operation.name, operation.to} & self._descriptors.keys():
                os.close(self._descriptors.pop(name))

    def _read(self, name: str) -> bytes:
        return (self._directory / name).read_bytes() if (self._directory / name).exists() else b""

    def _descriptor(self, name: str) -> int:
        if name not in self._descriptors:  # join tokens and secrets are in it: for this user's eyes only
            self._descriptors[name] = os.open(self._directory / name, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._sync_names()
        return self._descriptors[name]

    def _sync_names(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(descriptor)
        os.close(descriptor)
