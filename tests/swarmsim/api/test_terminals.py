"""Terminals of containers that read nothing: they are left by Ctrl-C, and by the keys that detach."""

import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import docker
import pytest
from docker import DockerClient
from served import bare, served

PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def client() -> Iterator[DockerClient]:
    """Of a host that has pulled alpine and nginx."""
    with TemporaryDirectory(prefix="swarmsim-") as directory, served(Path(directory), bare(1)) as cluster:
        client = cluster.client("m1")
        client.images.pull("alpine", tag="latest")
        client.images.pull("nginx", tag="latest")
        yield client
        client.close()


def typed(connection: Any, keys: bytes) -> bytes:
    """What is shown at a terminal from these keys on, until it is left."""
    terminal: socket.socket = connection._sock
    terminal.settimeout(PATIENCE_S)
    try:
        terminal.sendall(keys)
        return b"".join(iter(lambda: terminal.recv(4096), b""))
    finally:
        hang_up(connection)


def hang_up(connection: Any) -> None:
    """The socket is the SDK's, which leaves it open with what it wraps around it."""
    connection._sock.close()
    connection.close()


def attached(client: DockerClient, container_id: str, **more: str) -> Any:
    """A connection to a container's terminal."""
    return client.api.attach_socket(container_id, {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1, **more})


def test_ctrl_c_interrupts_what_runs_until_it_is_stopped(client: DockerClient) -> None:
    container = client.containers.run("nginx", detach=True, tty=True, stdin_open=True)
    assert b"^C" in typed(attached(client, container.id), b"\x03")
    assert container.wait()["StatusCode"] == 130


def test_without_a_terminal_it_is_a_byte_that_nobody_reads(client: DockerClient) -> None:
    container = client.containers.run("nginx", detach=True, stdin_open=True)
    connection = attached(client, container.id)
    connection._sock.sendall(b"\x03")
    container.kill("SIGTERM")
    assert container.wait()["StatusCode"] == 0
    hang_up(connection)


def test_the_signal_by_itself_means_the_same(client: DockerClient) -> None:
    container = client.containers.run("nginx", detach=True)
    container.kill("SIGINT")
    assert container.wait()["StatusCode"] == 130


def test_ctrl_c_is_spared_a_first_process_that_does_not_attend_to_it_unless_an_init_does(client: DockerClient) -> None:
    for init in (False, True):
        container = client.containers.run(
            "alpine", ["sleep", "100000"], detach=True, tty=True, stdin_open=True, init=init
        )
        shown = typed(attached(client, container.id), b"\x03" if init else b"\x03\x10\x11")
        assert shown.startswith(b"^C")
        if init:
            assert container.wait()["StatusCode"] == 130
        else:
            container.reload()
            assert container.status == "running"
            container.remove(force=True)


@pytest.mark.parametrize(("more", "keys"), [({}, b"\x10\x11"), ({"detachKeys": "ctrl-x,x"}, b"\x18x")])
def test_the_keys_that_detach_leave_it_running(client: DockerClient, more: dict[str, str], keys: bytes) -> None:
    container = client.containers.run("nginx", detach=True, tty=True, stdin_open=True)
    typed(attached(client, container.id, **more), keys)
    container.reload()
    assert container.status == "running"


def test_keys_that_are_none_are_refused(client: DockerClient) -> None:
    container = client.containers.run("nginx", detach=True, tty=True, stdin_open=True)
    with pytest.raises(docker.errors.APIError, match="Invalid detach keys"):
        attached(client, container.id, detachKeys="both")


def test_ctrl_c_ends_a_command_beside_the_containers_own_alone(client: DockerClient) -> None:
    container = client.containers.run("nginx", detach=True)
    made = client.api.exec_create(container.id, ["sleep", "100000"], stdin=True, tty=True)
    typed(client.api.exec_start(made["Id"], tty=True, socket=True), b"\x03")
    assert client.api.exec_inspect(made["Id"])["ExitCode"] == 130
    container.reload()
    assert container.status == "running"
