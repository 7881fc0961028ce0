"""How long writes fail after kill -9 of the leader, and how many durable writes per second daemons on loopback do.

Each round kills the leader under a client that writes all the time, and takes the time from the kill to the
acknowledgement of the first write that was begun after it; then the killed daemon comes back. At the end every
acknowledged write must be there. A write is acknowledged once a majority has synced it. No TLS; timing profile `lan`.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from loopback import Client, Node, Swarm, applied, config_names, connected
from targets import Target

from core.objects.config import ConfigSpec
from core.operations import CreateConfig, Inspect, Kind
from core.raft.effects import Applied

MEDIAN_GAP = Target(0.5, "s")
P99_GAP = Target(1, "s")
ONE_CLIENT_WRITE = Target(1.5, "ms")
MANY_CLIENTS_RATE = Target(3_000, "writes/s", at_least=True)
PAYLOAD = bytes(200)
CALM_S = 0.3
"""How long writes flow before the leader is killed."""


class Writer:
    """A client that writes one config after the other, through whichever manager takes it."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.acknowledged: list[str] = []
        self.last_begun_at = 0.0
        """When the newest of the acknowledged writes was begun."""
        self.last_acknowledged_at = 0.0
        self._acknowledged = asyncio.Event()
        self._nodes = nodes
        self._count = 0

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            for node in self._nodes:
                await self._write_through(node)
            await asyncio.sleep(0.001)

    async def _write_through(self, node: Node) -> None:
        try:
            client = await Client.connect(node.address)
        except OSError:
            return
        try:
            while await self._write(client):
                pass
        finally:
            client.close()

    async def _write(self, client: Client) -> bool:
        self._count += 1
        name, begun_at = f"failover-{self._count}", time.monotonic()
        done = isinstance(await client.request(CreateConfig(ConfigSpec(name, PAYLOAD))), Applied)
        if done:
            self.acknowledged.append(name)
            self.last_begun_at, self.last_acknowledged_at = begun_at, time.monotonic()
            self._acknowledged.set()
        return done

    async def first_since(self, moment: float) -> float:
        """When the first write begun after `moment` was acknowledged."""
        while self.last_begun_at <= moment:
            self._acknowledged.clear()
            await self._acknowledged.wait()
        return self.last_acknowledged_at


async def failover(swarm: Swarm, writer: Writer) -> float:
    """Kill the leader once: seconds until a write is acknowledged. The killed one is back and caught up afterwards."""
    leader = await swarm.leader()
    await asyncio.sleep(CALM_S)
    killed_at = time.monotonic()
    leader.kill()
    async with asyncio.timeout(30):
        gap_s = await writer.first_since(killed_at) - killed_at
    leader.start()
    async with connected(leader) as client:
        await applied(client, Inspect(Kind.CLUSTER, "default"))
    return gap_s


async def failovers(manager_count: int, round_count: int) -> list[float]:
    """Seconds without writes, per round; raises if an acknowledged write is lost."""
    with tempfile.TemporaryDirectory() as directory:
        async with Swarm(Path(directory), manager_count) as swarm:
            writer = Writer(swarm.nodes)
            writing = asyncio.create_task(writer.run())
            gaps = [await failover(swarm, writer) for _ in range(round_count)]
            writing.cancel()
            if lost := set(writer.acknowledged) - set(await config_names(swarm.nodes[0])):
                raise SystemExit(f"{len(lost)} of {len(writer.acknowledged)} acknowledged writes are lost")
            return gaps


async def writes_per_s(manager_count: int, client_count: int, duration_s: float) -> tuple[float, list[float]]:
    """Acknowledged writes per second through the leader, and how long each took in milliseconds."""
    took_ms: list[float] = []

    async def write(leader: Node, number: int) -> None:
        async with connected(leader) as client:
            for count in range(1_000_000):
                begun_at = time.monotonic()
                if begun_at > give_up_at:
                    return
                await applied(client, CreateConfig(ConfigSpec(f"client-{number}-{count}", PAYLOAD)))
                took_ms.append((time.monotonic() - begun_at) * 1e3)

    with tempfile.TemporaryDirectory() as directory:
        async with Swarm(Path(directory), manager_count) as swarm:
            leader = await swarm.leader()
            give_up_at = time.monotonic() + duration_s
            await asyncio.gather(*(write(leader, number) for number in range(client_count)))
    return len(took_ms) / duration_s, took_ms


def sync_ms() -> list[float]:
    """What this disk takes for one small append and its sync."""
    took_ms = []
    with tempfile.TemporaryFile() as file:
        for _ in range(200):
            begun_at = time.monotonic()
            file.write(PAYLOAD)
            file.flush()
            os.fdatasync(file.fileno())
            took_ms.append((time.monotonic() - begun_at) * 1e3)
    return took_ms


def p99(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * 99 // 100)]


def summary(values: Sequence[float], unit: str, digits: int) -> str:
    median, low, high = statistics.median(values), min(values), max(values)
    return f"median {median:.{digits}f}, p99 {p99(values):.{digits}f}, range {low:.{digits}f}–{high:.{digits}f} {unit}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="kills of the leader, per size of the swarm")
    parser.add_argument("--seconds", type=float, default=5, help="of writing, per number of clients")
    arguments = parser.parse_args()
    print(f"append and sync on this disk: {summary(sync_ms(), 'ms', 2)}")
    for manager_count in (3, 5):
        gaps = asyncio.run(failovers(manager_count, arguments.rounds))
        print(f"{manager_count} managers, leader killed {len(gaps)} times, next write: {summary(gaps, 's', 2)}")
        print(MEDIAN_GAP.verdict("median", statistics.median(gaps)))
        print(P99_GAP.verdict("p99", p99(gaps)))
    for manager_count, client_count in ((3, 1), (3, 64), (5, 64)):
        rate, took_ms = asyncio.run(writes_per_s(manager_count, client_count, arguments.seconds))
        clients = f"{client_count} client{'s' if client_count > 1 else ''}"
        print(f"{manager_count} managers, {clients}: {rate:,.0f} durable writes/s: {summary(took_ms, 'ms', 1)} each")
        if client_count == 1:
            print(ONE_CLIENT_WRITE.verdict("median", statistics.median(took_ms)))
        else:
            print(MANY_CLIENTS_RATE.verdict("rate", rate))


if __name__ == "__main__":
    main()
