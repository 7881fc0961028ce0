"""Clients that send badly, slowly, too much or nothing, or go away: each is turned away, and no other notices."""

import asyncio
import json
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from served import BEGAN_AT_NS, PATIENCE_S, Served, bare, served
from unix_http import UnixHttp

from core.operations import Operation
from core.raft.effects import Result
from core.timing import SECOND
from swarmsim.api.host import OwnPace
from swarmsim.api.server import MAX_BODY_BYTES
from swarmsim.scenario.plan import ClusterPlan
from swarmsim.serve.endpoints import Endpoints
from swarmsim.serve.place import Place
from swarmsim.worlds.served import ServedWorld

HEAD = b"POST /swarm/init HTTP/1.1\r\nHost: m1\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("s"), bare(1)) as cluster:
        yield cluster


def connected(cluster: Served) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(PATIENCE_S)
    client.connect(str(cluster.places["m1"].socket))
    return client


def answer_to(cluster: Served, request: bytes) -> tuple[int, bytes]:
    """Status and the rest of what comes back until the server ends the connection, or has answered."""
    with connected(cluster) as client:
        client.sendall(request)
        received = b""
        while chunk := client.recv(65_536):
            received += chunk
            head, blank, body = received.partition(b"\r\n\r\n")
            if blank and body.endswith(b"\n"):
                break
    return int(head.split()[1]), body


def is_served(cluster: Served) -> bool:
    """Whether another client is answered."""
    return UnixHttp(cluster.places["m1"].socket).send("GET", "/_ping").status == 200


def test_a_body_that_is_too_large_is_refused(cluster: Served) -> None:
    body = b'{"ListenAddr": "' + b"x" * MAX_BODY_BYTES + b'"}'
    answer = UnixHttp(cluster.places["m1"].socket).send("POST", "/swarm/init", body)
    assert (answer.status, list(json.loads(answer.body))) == (413, ["message"])


def test_a_body_that_does_not_come_is_not_waited_for(cluster: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarmsim.api.call.BODY_PATIENCE_S", 0.01)
    status, body = answer_to(cluster, HEAD + b"Content-Length: 10\r\n\r\n{")
    assert (status, list(json.loads(body))) == (408, ["message"])


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"-1\r\n{}\r\n", b"2\r\n{}garbage"])
def test_chunks_that_are_none_are_refused(cluster: Served, chunk: bytes) -> None:
    status, _ = answer_to(cluster, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk)
    assert status == 400
    assert is_served(cluster)


@pytest.mark.parametrize(
    "request_",
    [b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"X: " + b"x" * 9000 + b"\r\n\r\n"],
    ids=["not HTTP", "half a line", "a long header"],
)
def test_what_is_no_request_is_refused(cluster: Served, request_: bytes) -> None:
    status, _ = answer_to(cluster, request_ + b"\n")
    assert status == 400
    assert is_served(cluster)


def test_idle_connections_disturb_nobody(cluster: Served) -> None:
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(connected(cluster))
        assert is_served(cluster)


def test_a_client_that_will_send_no_more_is_let_go(cluster: Served) -> None:
    with connected(cluster) as client:
        client.sendall(HEAD + b"Content-Length: 10\r\n\r\n{")
        client.shutdown(socket.SHUT_WR)
        while client.recv(1024):
            pass
    assert is_served(cluster)


# --- with a world that the test holds in its hand


class SilentWorld(ServedWorld):
    """Answers nothing, and notes what is asked and withdrawn; its time does not go by."""

    def __init__(self) -> None:
        super().__init__(ClusterPlan(1), (), 1, BEGAN_AT_NS)
        self.add_host("m1")
        self.run_until(1 * SECOND)
        self.was_asked = asyncio.Event()
        self.was_withdrawn = asyncio.Event()

    def submit(self, host: str, operation: Operation, answered: Callable[[Result], None]) -> Callable[[], None]:
        self.was_asked.set()
        return self.was_withdrawn.set


def test_what_a_client_asked_that_has_gone_is_withdrawn(tmp_path: Path) -> None:
    async def story() -> None:
        world, place = SilentWorld(), Place(tmp_path / "m1.sock")
        endpoints = await endpoints_of(world, place)
        _, writer = await asyncio.open_unix_connection(place.socket)
        writer.write(b"GET /services HTTP/1.1\r\nHost: m1\r\n\r\n")
        await world.was_asked.wait()
        assert not world.was_withdrawn.is_set()
        writer.close()
        await world.was_withdrawn.wait()
        await endpoints.close()

    run(story())


@pytest.mark.parametrize("sent", [b"", b"G", b"GET /_ping HTTP/1.1\r\nHost: m"])
def test_a_head_that_does_not_end_is_not_waited_for(tmp_path: Path, sent: bytes) -> None:
    async def story() -> None:
        place = Place(tmp_path / "m1.sock")
        endpoints = await endpoints_of(SilentWorld(), place, head_patience_s=0.05)
        reader, writer = await asyncio.open_unix_connection(place.socket)
        writer.write(sent)
        assert await reader.read() == b""
        writer.close()
        await endpoints.close()

    run(story())


def test_nor_is_the_head_of_a_later_request(tmp_path: Path) -> None:
    async def story() -> None:
        place = Place(tmp_path / "m1.sock")
        endpoints = await endpoints_of(SilentWorld(), place, head_patience_s=0.05)
        reader, writer = await asyncio.open_unix_connection(place.socket)
        writer.write(b"GET /_ping HTTP/1.1\r\nHost: m1\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\nOK")
        writer.write(b"GET /_ping")
        assert await reader.read() == b""
        writer.close()
        await endpoints.close()

    run(story())


def test_who_has_been_answered_may_be_idle_and_a_slow_answer_is_no_slow_request(tmp_path: Path) -> None:
    async def story() -> None:
        world, place = SilentWorld(), Place(tmp_path / "m1.sock")
        endpoints = await endpoints_of(world, place, head_patience_s=0.05)
        idle_reader, idle = await asyncio.open_unix_connection(place.socket)
        idle.write(b"GET /_ping HTTP/1.1\r\nHost: m1\r\n\r\n")
        assert await idle_reader.readuntil(b"\r\n\r\nOK")
        waiting_reader, waiting = await asyncio.open_unix_connection(place.socket)
        waiting.write(b"GET /services HTTP/1.1\r\nHost: m1\r\n\r\n")
        await world.was_asked.wait()
        silent_reader, silent = await asyncio.open_unix_connection(place.socket)
        assert await silent_reader.read() == b"", "by now the patience of both has passed, too"
        assert not world.was_withdrawn.is_set()
        idle.write(b"GET /_ping HTTP/1.1\r\nHost: m1\r\n\r\n")
        assert await idle_reader.readuntil(b"\r\n\r\nOK")
        for writer in (idle, waiting, silent):
            writer.close()
        assert await waiting_reader.read() == b""
        await endpoints.close()

    run(story())


async def endpoints_of(world: ServedWorld, place: Place, head_patience_s: float = PATIENCE_S) -> Endpoints:
    endpoints = Endpoints(world, OwnPace(), {"m1": place}, None, lambda text: None, head_patience_s)
    await endpoints.begin()
    return endpoints


def run(story: Coroutine[None, None, None]) -> None:
    async def within_patience() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await story

    asyncio.run(within_patience())
