"""kill -9 of managers under a writing client, with every byte that was not synced: no acknowledged write is lost."""

import asyncio
from pathlib import Path

import forgetful_daemon
from loopback import Node, Swarm, config_names, connected

from core.objects.config import ConfigSpec
from core.operations import CreateConfig
from core.raft.effects import Applied, OutcomeUnknown, Refused

FORGETFUL = (forgetful_daemon.__file__,)
MANAGER_COUNT = 3
WRITES = 30
"""How many are acknowledged between one kill and the next."""


class Writer:
    """Writes configs one after the other, whichever manager answers, until told to stop."""

    def __init__(self, swarm: Swarm) -> None:
        self.acknowledged: list[str] = []
        self.stopping = False
        self._swarm = swarm
        self._count = 0

    async def run(self) -> None:
        while not self.stopping:
            for node in [node for node in self._swarm.nodes if node.running]:
                await self._write_through(node)

    async def _write_through(self, node: Node) -> None:
        try:
            async with connected(node) as client:
                result = None
                while not self.stopping and not isinstance(result, OutcomeUnknown | Refused):
                    self._count += 1
                    name = f"config-{self._count}"
                    result = await client.request(CreateConfig(ConfigSpec(name, b"x")))
                    if isinstance(result, Applied):
                        self.acknowledged.append(name)
        except ConnectionError:
            return  # it was killed before it answered

    async def goes_on(self) -> None:
        """Some more writes are acknowledged."""
        count = len(self.acknowledged)
        await self._swarm.wait_until(lambda: len(self.acknowledged) >= count + WRITES, "writes are acknowledged")


async def nothing_is_lost(writer: Writer, node: Node) -> None:
    """Every write acknowledged so far is there, once."""
    acknowledged = set(writer.acknowledged)
    found = await config_names(node)
    assert acknowledged <= set(found)
    assert len(found) == len(set(found))


def test_no_acknowledged_write_is_lost_with_one_leader_after_the_other(tmp_path: Path) -> None:
    async def story() -> None:
        async with Swarm(tmp_path, MANAGER_COUNT, FORGETFUL) as swarm:
            writer = Writer(swarm)
            writing = asyncio.create_task(writer.run())
            await writer.goes_on()
            for _ in range(MANAGER_COUNT):  # more than a minority, were the killed not to come back with what they had
                leader = await swarm.leader()
                leader.kill()
                await writer.goes_on()
                leader.start()
                await nothing_is_lost(writer, leader)
            writer.stopping = True
            await writing
            for node in swarm.nodes:
                await nothing_is_lost(writer, node)

    asyncio.run(story())


def test_no_acknowledged_write_is_lost_when_all_are_killed(tmp_path: Path) -> None:
    async def story() -> None:
        async with Swarm(tmp_path, MANAGER_COUNT, FORGETFUL) as swarm:
            writer = Writer(swarm)
            writing = asyncio.create_task(writer.run())
            await writer.goes_on()
            swarm.stop()
            writer.stopping = True
            await writing
            for node in swarm.nodes:
                node.start()
            for node in swarm.nodes:
                await nothing_is_lost(writer, node)

    asyncio.run(story())
