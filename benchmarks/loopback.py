"""A swarm of real daemons on loopback, and a client of theirs: for benchmarks and tests of the real driver."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from core.codec.frames import FrameSplitter, Request, Response, encode_frame
from core.ids import Address
from core.objects.cluster import Cluster
from core.operations import InitSwarm, Inspect, JoinSwarm, Kind, ListObjects, Operation
from core.raft.effects import Applied, OutcomeUnknown, Refused, Result

REPOSITORY = Path(__file__).resolve().parent.parent
DAEMON = ("-m", "real.daemon")
PATIENCE_S = 20.0
FIRST_PORT, PORT_COUNT = 20_000, 10_000
_ports = count(os.getpid() * 16)


class Client:
    """A connection to one daemon; any number of requests may be under way on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Result]] = {}
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def connect(cls, address: Address) -> "Client":
        """Raises OSError if nobody listens there."""
        host, _, port = address.rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    async def request(self, operation: Operation) -> Result:
        """What became of it; OutcomeUnknown if the connection broke first."""
        number = next(self._numbers)
        if self._listening.done():
            return OutcomeUnknown("the connection has broken")
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._writer.write(encode_frame(Request(number, operation)))
        return await answer

    def close(self) -> None:
        """Hang up."""
        self._listening.cancel()
        self._writer.transport.abort()

    async def _listen(self) -> None:
        splitter = FrameSplitter()
        try:
            while data := await self._reader.read(65536):
                for frame in splitter.feed(data):
                    assert isinstance(frame, Response), frame
                    self._waiting.pop(frame.number).set_result(frame.result)
        except OSError:
            pass
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_result(OutcomeUnknown("the connection broke"))


class Node:
    """One daemon process, with its directory and its log. `program` is what Python runs."""

    def __init__(self, directory: Path, address: Address, program: Sequence[str] = DAEMON) -> None:
        self.directory = directory
        self.address = address
        self._program = program
        self._log_path = directory / "daemon.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the daemon, or start it again over what its directory holds."""
        self.directory.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, *self._program, "--listen", self.address, "--data", str(self.directory)]
        with self._log_path.open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL, cwd=REPOSITORY)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self.process is not None and self.process.poll() is None

    @property
    def log(self) -> str:
        """What the daemon has said, over all its lives."""
        return self._log_path.read_text() if self._log_path.exists() else ""

    @property
    def led_term(self) -> int:
        """The last term in which it said, in any of its lives, that it leads; 0 if it never did."""
        return max((int(term) for term in re.findall(r" Leading\(term=(\d+)\)", self.log)), default=0)

    @property
    def voter_count(self) -> int:
        """How many voters the last membership it told of has."""
        memberships = re.findall(r" MembershipChanged\((.*)\)", self.log)
        return memberships[-1].count("voter=True") if memberships else 0


class Swarm:
    """Managers on loopback as one swarm. Use as an async context manager: it leaves no process behind."""

    def __init__(self, directory: Path, manager_count: int, program: Sequence[str] = DAEMON) -> None:
        numbers = range(1, manager_count + 1)
        self.nodes = [Node(directory / f"manager-{number}", free_address(), program) for number in numbers]

    async def __aenter__(self) -> "Swarm":
        try:
            await self._form()
        except BaseException:
            self.stop()
            raise
        return self

    async def __aexit__(self, *reason: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Kill every daemon."""
        for node in self.nodes:
            node.kill()

    async def _form(self) -> None:
        for node in self.nodes:
            node.start()
        founder = self.nodes[0]
        async with connected(founder) as client:
            await applied(client, InitSwarm(founder.address))
            cluster = await applied(client, Inspect(Kind.CLUSTER, "default"))
        assert isinstance(cluster, Cluster)
        for node in self.nodes[1:]:
            async with connected(node) as client:
                await applied(client, JoinSwarm(node.address, (founder.address,), cluster.tokens.manager))
        await self.wait_until(lambda: all(node.voter_count == len(self.nodes) for node in self.nodes), "all are voters")

    async def leader(self) -> Node:
        """The running node that leads in the newest term any node has led in."""
        await self.wait_until(lambda: max(self.nodes, key=lambda node: node.led_term).running, "a running node leads")
        return max(self.nodes, key=lambda node: node.led_term)

    async def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        """Poll until it holds; what every daemon said is in the error if it does not in time."""
        give_up_at = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > give_up_at:
                tails = [f"{node.address}: {node.log[-2000:]}" for node in self.nodes]
                raise TimeoutError("\n".join([f"not in time: {what}", *tails]))
            await asyncio.sleep(0.02)


@asynccontextmanager
async def connected(node: Node) -> AsyncIterator[Client]:
    """A client of this node, which is given time to start."""
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        try:
            client = await Client.connect(node.address)
            break
        except OSError:
            if time.monotonic() > give_up_at or not node.running:
                raise ConnectionError(f"{node.address} does not listen: {node.log[-2000:]}") from None
            await asyncio.sleep(0.02)
    try:
        yield client
    finally:
        client.close()


async def applied(client: Client, operation: Operation) -> Any:
    """The value of an operation that must succeed; repeated while it is refused for want of a leader."""
    async with asyncio.timeout(PATIENCE_S):
        while not isinstance(result := await client.request(operation), Applied):
            if not isinstance(result, Refused):
                raise AssertionError(f"{operation}: {result}")
            await asyncio.sleep(0.02)
    return result.value


async def config_names(node: Node) -> list[str]:
    """The configs of the swarm that this node is in, as it was told them by the leader."""
    async with connected(node) as client:
        return [config.spec.name for config in await applied(client, ListObjects(Kind.CONFIG))]


def free_address() -> Address:
    """A loopback address nobody listens at, below the ports that the system gives to outgoing connections."""
    while True:
        port = FIRST_PORT + next(_ports) % PORT_COUNT
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return Address(f"127.0.0.1:{port}")
