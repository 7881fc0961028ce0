"""What the Docker Engine API of one host takes: requests per second, and how long the slowest of a hundred takes.

Five managers are simulated, with 1,000 services that have no tasks; the leader's host is asked over its Unix socket, at
full speed, by clients in a process of their own: one after another's answer, and 32 at a time. `GET /services` returns
all of them (about half a megabyte) after a linearizable read; `POST /services/create` is done when it is committed.
Wall-clock figures of this machine.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from itertools import count
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from msgspec import Struct

from core.objects.service import Replicated, ServiceSpec
from core.objects.task import ContainerSpec, TaskSpec
from core.operations import CreateService
from core.raft.effects import Applied, Result
from core.timing import MS
from swarmsim.scenario.plan import ClusterPlan
from swarmsim.serve.cluster import ServedPlan, start
from swarmsim.serve.place import places_of
from swarmsim.serve.server import Server
from swarmsim.worlds.served import ServedWorld

MANAGERS, SERVICES, CROWD = 5, 1_000, 32
PATIENCE_S: Final = 120.0
"""How long all requests of one measurement may take."""


class Load(Struct, frozen=True):
    """So many requests by so many clients; they all read, or each creates a service."""

    what: str
    clients: int
    requests: int
    creates: bool = False


LOADS: Final = (
    Load("GET /services", 1, 40),
    Load("GET /services", CROWD, 128),
    Load("POST /services/create", 1, 200, creates=True),
    Load("POST /services/create", CROWD, 800, creates=True),
)


def measure(socket: Path) -> None:
    """The clients' process: print a line for each load."""
    numbers = count(1)
    for load in LOADS:
        began_s = time.perf_counter()
        took_s = sorted(asyncio.run(_all_clients(socket, load, lambda: next(numbers))))
        rate = len(took_s) / (time.perf_counter() - began_s)
        p50, p99 = (took_s[ceil(len(took_s) * share) - 1] * 1000 for share in (0.5, 0.99))
        clients = f"{load.clients} client{'s' if load.clients > 1 else ''}"
        print(f"{load.what:<22} {clients:<11} {rate:8,.1f}/s  p50 {p50:7.1f} ms  p99 {p99:7.1f} ms", flush=True)


async def _all_clients(socket: Path, load: Load, number: Callable[[], int]) -> list[float]:
    async with asyncio.timeout(PATIENCE_S):
        each = load.requests // load.clients
        found = await asyncio.gather(*(_client(socket, load, each, number) for _ in range(load.clients)))
    return [took_s for of_client in found for took_s in of_client]


async def _client(socket: Path, load: Load, requests: int, number: Callable[[], int]) -> list[float]:
    """Seconds that each request took, one after the other over one connection."""
    reader, writer = await asyncio.open_unix_connection(socket)
    took_s = []
    for _ in range(requests):
        body = _service(f"new-{number()}") if load.creates else b""
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        began_s = time.perf_counter()
        writer.write(f"{load.what} HTTP/1.1\r\nHost: m1\r\n{kind}\r\n".encode() + body)
        await _answer(reader)
        took_s.append(time.perf_counter() - began_s)
    writer.close()
    return took_s


async def _answer(reader: asyncio.StreamReader) -> bytes:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    assert lines[0].split()[1] in ("200", "201"), lines
    (length,) = (line.partition(":")[2] for line in lines if line.lower().startswith("content-length:"))
    return await reader.readexactly(int(length))


def _service(name: str) -> bytes:
    container = {"Image": "web:1", "Env": ["A=b", "C=d"], "Labels": {"app": "web"}}
    return msgspec.json.encode(
        {"Name": name, "TaskTemplate": {"ContainerSpec": container}, "Mode": {"Replicated": {"Replicas": 0}}}
    )


def cluster() -> ServedWorld:
    """The managers, with services that are declared already."""
    world = start(ServedPlan(ClusterPlan(MANAGERS)), 1, time.time_ns(), lambda text: None)
    template = TaskSpec(ContainerSpec("web:1", env=("A=b", "C=d"), labels={"app": "web"}))
    answers: list[Result] = []
    for number in range(SERVICES):
        spec = ServiceSpec(f"service-{number}", template, mode=Replicated(0))
        world.submit("m1", CreateService(spec), answers.append)
        while len(answers) <= number:
            world.run_until(world.now_ns + MS)
    assert all(isinstance(answer, Applied) for answer in answers), answers[0]
    return world


async def serve(world: ServedWorld, directory: Path) -> None:
    """Until the clients have ended."""
    places = places_of(world.hosts(), directory, None)
    ready, stopped = asyncio.Event(), asyncio.Event()
    server = asyncio.create_task(Server(world, None, directory, places, print).run(ready.set, stopped))
    await ready.wait()
    clients = multiprocessing.get_context("spawn").Process(target=measure, args=(places["m1"].socket,))
    clients.start()
    await asyncio.to_thread(clients.join, len(LOADS) * PATIENCE_S)
    stopped.set()
    await server
    assert clients.exitcode == 0, clients.exitcode


if __name__ == "__main__":
    print(f"{MANAGERS} managers, {SERVICES:,} services; one host is asked")
    with TemporaryDirectory() as directory:
        asyncio.run(serve(cluster(), Path(directory)))
