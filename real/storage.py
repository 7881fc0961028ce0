"""A host's journal on a disk, synced by a thread: what waits while one group is written becomes the next group."""

import asyncio
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from core.durability import Persist, Persisted
from core.durable import HostDurable
from core.events import PersistFailed
from core.journal import JOURNAL, MARK, REWRITTEN, FileOperation, Journal, SyncFile, WriteFile
from core.ports import Deliver


class Storage:
    """Implements `core.ports.Storage` in one directory."""

    def __init__(self, directory: Path) -> None:
        """Any exception, here or in `recover`, means that the host must not start."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._names = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._names, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a second daemon here would cut off this one's writes
        self._files = {name: self._open(name) for name in (JOURNAL, MARK, REWRITTEN)}
        self._journal = Journal((directory / JOURNAL).read_bytes(), (directory / MARK).read_bytes())
        self._waiting: list[tuple[Persist, Deliver]] = []
        self._writing: asyncio.Task[None] | None = None
        self._failure = ""

    def recover(self) -> HostDurable:
        """What the host starts from."""
        durable, operations = self._journal.recover()
        self._perform_all(operations)
        return durable

    def persist(self, effect: Persist, deliver: Deliver) -> None:
        """Write and sync in one go with everything else that waits by then."""
        self._waiting.append((effect, deliver))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write_groups())

    async def _write_groups(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            writes = [(effect.stream, effect.record) for effect, _ in group]
            try:
                if not self._failure:  # once a sync has failed, nobody knows what later ones are worth
                    await asyncio.to_thread(self._perform_all, self._journal.write(writes))
            except Exception as error:
                self._failure = f"the journal in {self._directory} cannot be written: {error}"
            for effect, deliver in group if self._failure else group[-1:]:
                deliver(PersistFailed(effect.ticket, self._failure) if self._failure else Persisted(effect.ticket))

    def _perform_all(self, operations: Iterable[FileOperation]) -> None:
        for operation in operations:
            file = self._files[operation.name]
            if isinstance(operation, WriteFile):
                if os.pwrite(file, operation.data, operation.offset) < len(operation.data):
                    raise OSError("only a part could be written")
                os.ftruncate(file, operation.offset + len(operation.data))
            elif isinstance(operation, SyncFile):
                os.fdatasync(file)
            else:
                os.rename(self._directory / operation.name, self._directory / operation.to)
                os.close(self._files[operation.to])
                self._files |= {operation.to: file, operation.name: self._open(operation.name)}

    def _open(self, name: str) -> int:
        file = os.open(self._directory / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)  # secrets are in it
        os.fsync(self._names)
        return file
