"""What the stock command line shows when machines of a served swarm die."""

from collections.abc import Callable
from typing import Any

from docker_cli import DockerCli
from served import swarm

from swarmsim.serve.client import ControlClient
from swarmsim.serve.cluster import ServedPlan

Hosts = Callable[[ServedPlan], dict[str, DockerCli]]
LOOKS = 300


def befall(docker: dict[str, DockerCli], fault: dict[str, Any]) -> None:
    directory = docker["m1"].place.socket.parent
    ControlClient(directory).ask("POST", "/faults", Any, fault)


def until(look: Callable[[], str], wanted: Callable[[str], bool]) -> str:
    """What is seen once it is as wanted; each look lets the world go on."""
    for _ in range(LOOKS):
        seen = look()
        if wanted(seen):
            return seen
    raise AssertionError(f"never seen; at last: {seen}")


def test_tasks_of_a_dead_node_run_elsewhere(docker_on: Hosts) -> None:
    docker = docker_on(swarm(3, 2))
    first = docker["m1"]
    first.ok("service create -d --name web --replicas 5 nginx")
    until(lambda: first.ok("service ls --format {{.Replicas}}"), lambda seen: seen == "5/5")
    befall(docker, {"kill": "w1"})
    node = until(lambda: first.ok("node ls --filter name=w1 --format {{.Status}}"), lambda seen: seen == "Down")
    assert node == "Down"
    places = until(
        lambda: first.ok("service ps web --filter desired-state=running --format {{.Node}}/{{.CurrentState}}"),
        lambda seen: seen.count("/Running") == 5 and "w1" not in seen,
    )
    assert len(places.splitlines()) == 5
    refused = docker["w1"].fails("info")
    assert "Cannot connect to the Docker daemon at unix://" in refused


def test_another_manager_leads_when_the_leader_dies(docker_on: Hosts) -> None:
    docker = docker_on(swarm(3))
    befall(docker, {"kill": "m1"})
    second = docker["m2"]
    statuses = until(
        lambda: second("node ls --format {{.Hostname}}/{{.ManagerStatus}}").out,
        lambda seen: "Leader" in seen.replace("m1/Leader", "") and "m1/Unreachable" in seen,
    )
    assert sorted(line.split("/")[1] for line in statuses.splitlines()) == ["Leader", "Reachable", "Unreachable"]
    second.ok("service create -d --name web nginx")


def test_without_a_majority_it_is_refused_and_said_why(docker_on: Hosts) -> None:
    docker = docker_on(swarm(3))
    docker["m1"].ok("service create -d --name web nginx")
    befall(docker, {"kill": ["m2", "m3"]})
    for command in ("service ls", "service create -d --name other nginx", "node ls"):
        refused = docker["m1"].fails(command)
        assert "2 of 3 managers must be up and reach each other" in refused or "was not done" in refused, refused
    told = docker["m1"].ok("info --format {{.Swarm.LocalNodeState}}/{{.Swarm.Managers}}")
    assert told == "active/3", "what a host knows by itself, it tells"
    befall(docker, {"restart": ["m2", "m3"]})
    until(lambda: docker["m1"]("service ls --format {{.Name}}").out, lambda seen: seen == "web")
