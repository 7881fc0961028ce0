"""Where hosts answer, and for how long."""

import select
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from asking import until
from served import served, swarm
from unix_http import UnixHttp

from swarmsim.serve.place import PlaceError


@pytest.mark.parametrize("path", ["/_ping", "/info", "/volumes", "/containers/json", "/nodes"])
def test_a_daemon_that_is_paused_takes_requests_and_answers_none_before_it_goes_on(tmp_path: Path, path: str) -> None:
    with served(tmp_path, swarm(1, 1)) as cluster, socket.socket(socket.AF_UNIX) as asking:
        cluster.fault(pause="w1")
        asking.connect(str(cluster.places["w1"].socket))
        asking.sendall(f"GET {path} HTTP/1.1\r\nHost: w1\r\n\r\n".encode())
        for _ in range(3):  # each takes the server longer than an answer would
            assert UnixHttp(cluster.places["m1"].socket).send("GET", "/services").status == 200
        assert not select.select([asking], [], [], 0)[0]
        cluster.fault(resume="w1")
        assert asking.recv(8) == b"HTTP/1.1"


def test_a_port_that_is_not_to_be_had_is_named_and_nothing_is_left_behind(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(PlaceError, match=f"port {port} for m1: Address already in use; name another --tcp-base"),
            served(tmp_path, swarm(1), first_port=port),
        ):
            pass
    assert list(tmp_path.glob("*.sock")) == []


def test_a_port_that_was_taken_while_its_host_was_down_is_told_and_everybody_else_answers(tmp_path: Path) -> None:
    told: list[str] = []
    with served(tmp_path, swarm(1, 1), first_port=free_ports(2), tell=told.append) as cluster:
        place, other = cluster.places["w1"], UnixHttp(cluster.places["m1"].socket)

        def comes(holds: Callable[[], bool]) -> None:
            until(lambda: other.send("GET", "/services").status == 200 and holds())

        cluster.fault(kill="w1")
        comes(lambda: not place.socket.exists())
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", place.port))
            taken.listen()
            cluster.fault(restart="w1")
            comes(lambda: bool(told))
        assert told == [
            f"port {place.port} for w1: Address already in use; it has only its socket until its daemon starts again"
        ]
        assert UnixHttp(place.socket).send("GET", "/_ping").status == 200
        cluster.fault(kill="w1")
        comes(lambda: not place.socket.exists())
        cluster.fault(restart="w1")
        comes(lambda: answers(place.port))
        assert len(told) == 1


def free_ports(count: int) -> int:
    """The first of so many in a row that nobody has."""
    for first in range(40_000, 60_000, count):
        if not any(answers(first + number) for number in range(count)):
            return first
    raise AssertionError("all ports are taken")


def answers(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
