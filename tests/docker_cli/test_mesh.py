"""A published port is open on every host of a served swarm, also where no task runs, and shares its visits evenly."""

import http.client
import re
import socket
from collections import Counter
from collections.abc import Callable

from docker_cli import DockerCli
from served import swarm

Hosts = Callable[..., dict[str, DockerCli]]
DOORS = {"127.18.0.1": "m1", "127.18.0.2": "w1", "127.18.0.3": "w2", "127.18.0.4": "w3"}
"""Where the published ports of the hosts 198.18.0.1 and so on are, on this machine."""
VISITS = 6
LOOKS = 300


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def visit(door: str, port: int) -> str:
    """Which task answers."""
    connection = http.client.HTTPConnection(door, port, timeout=20)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        told = re.search(r"^Name: (.*)$", response.read().decode(), re.MULTILINE)
        assert response.status == 200
        assert told is not None
        return told[1]
    finally:
        connection.close()


def until_open(port: int) -> None:
    for _ in range(LOOKS):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError(f"port {port} was never open")


def test_drupal_is_visited_at_every_host_and_finds_its_database_by_name(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1, 3), publish=True)
    first, port = docker["m1"], free_port()
    first.ok("network create --driver overlay mydrupal")
    first.ok("secret create psql_pass -", stdin="dbpass")
    first.ok(
        "service create -d --name psql --network mydrupal --secret psql_pass "
        "-e POSTGRES_PASSWORD_FILE=/run/secrets/psql_pass postgres:14"
    )
    first.ok(f"service create -d --name drupal --network mydrupal --replicas 2 -p {port}:80 drupal:9")
    for _ in range(LOOKS):
        if first.ok("service ls --format {{.Replicas}}").splitlines() == ["2/2", "1/1"]:
            break
    hosts = first.ok("service ps drupal --format {{.Node}}").split()
    assert len(set(hosts)) == 2, "two of four hosts have a task"
    until_open(port)
    for door in DOORS:
        counts = Counter(visit(door, port) for _ in range(VISITS))
        assert counts == {"drupal.1": VISITS // 2, "drupal.2": VISITS // 2}, DOORS[door]

    there = docker[hosts[0]]
    container = there.ok("ps -q --filter name=drupal").split()[0]
    virtual = re.search(r'"Addr": "([0-9.]+)/', first.ok("service inspect psql"))
    assert virtual is not None
    assert f"Address: {virtual[1]}" in there.ok(f"exec {container} nslookup psql")
