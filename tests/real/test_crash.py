"""A host on a real journal loses power at any moment: what it had acknowledged is there when it comes back.

A kill keeps the page cache and so would forgive a missing sync; the disk under this host forgets what was not synced.
"""

import asyncio
from functools import partial
from pathlib import Path
from random import Random

import pytest
from forgetful_disk import ForgetfulDisk
from loopback import Client, applied, free_address

import real.storage
from core.host import HostConfig
from core.ids import NodeId
from core.journal import Journal
from core.objects.cluster import ClusterSpec
from core.objects.config import ConfigSpec
from core.operations import CreateConfig, InitSwarm, Kind, ListObjects
from core.raft.config import RaftConfig
from core.raft.effects import Applied
from core.timing import LAN
from real.daemon import Daemon
from real.storage import Storage

KEPT = ClusterSpec(snapshot_interval=10, log_entries_for_slow_followers=2)
CONFIG = HostConfig(LAN, RaftConfig(NodeId(""), LAN.raft, snapshot_entries_count=10, log_tail_count=2))
WRITES_PER_LIFE = 12


class Machine:
    """A machine with a disk; each life of its daemon is one event loop."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self.address = free_address()
        self.acknowledged: list[str] = []
        self.written_count = 0
        self.rewritten_count = 0
        self._monkeypatch = monkeypatch

    def live(self, operation_count: int | None = None) -> list[str]:
        """Start on what the disk holds, write until the power fails or enough is written; the configs found first."""
        disk = ForgetfulDisk(operation_count)
        self._monkeypatch.setattr(real.storage, "os", disk)
        try:
            return asyncio.run(self._live())
        finally:
            disk.crash()
            self.rewritten_count += disk.renamed_count

    async def _live(self) -> list[str]:
        try:
            daemon = Daemon(Storage(self.directory), CONFIG)
        except OSError:
            return []  # the power failed during recovery
        host, _, port = self.address.rpartition(":")
        async with await asyncio.start_server(daemon.serve, host, int(port)):
            daemon.watch_wall_clock()
            client = await Client.connect(self.address)
            working, ended = asyncio.create_task(self._work(client)), asyncio.create_task(_ended(daemon))
            await asyncio.wait([working, ended], return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
            client.close()
            if not working.done():
                working.cancel()
            elif not daemon.halted.done():
                return working.result()
            return []

    async def _work(self, client: Client) -> list[str]:
        await client.request(InitSwarm(self.address, spec=KEPT))  # refused in every life but the first
        found = [config.spec.name for config in await applied(client, ListObjects(Kind.CONFIG))]
        for _ in range(WRITES_PER_LIFE):
            self.written_count += 1
            name = f"config-{self.written_count}"
            if isinstance(await client.request(CreateConfig(ConfigSpec(name, bytes(100)))), Applied):
                self.acknowledged.append(name)
        return found


async def _ended(daemon: Daemon) -> None:
    await asyncio.shield(daemon.halted)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(real.storage, "Journal", partial(Journal, rewrite_bytes=6_000))
    return Machine(tmp_path, monkeypatch)


def test_no_acknowledged_write_is_lost_with_the_power(machine: Machine) -> None:
    rng = Random(1)
    for _ in range(12):
        machine.live(operation_count=rng.randint(5, 120))
    acknowledged = list(machine.acknowledged)
    found = machine.live()
    assert len(acknowledged) >= 30, "the test hardly wrote anything"
    assert machine.written_count - WRITES_PER_LIFE > len(acknowledged), "no write was ever cut off"
    assert machine.rewritten_count > 0, "the journal was never rewritten"
    assert set(acknowledged) <= set(found)
    assert len(found) == len(set(found))
