"""Swarms from nothing, as the stock command line founds, joins, locks and leaves them."""

import re
from collections.abc import Callable

from docker_cli import DockerCli
from served import bare

from swarmsim.serve.cluster import ServedPlan

Hosts = Callable[[ServedPlan], dict[str, DockerCli]]


def token(docker: DockerCli, role: str) -> str:
    return docker.ok(f"swarm join-token -q {role}")


def test_a_swarm_is_founded_and_joined_by_both_kinds_of_hosts(docker_on: Hosts) -> None:
    docker = docker_on(bare(4))
    founded = docker["m1"].ok("swarm init --advertise-addr 198.18.0.1")
    assert re.match(r"Swarm initialized: current node \([a-z0-9]{25}\) is now a manager\.\n", founded)
    assert re.search(r"docker swarm join --token SWMTKN-1-[a-z0-9]{50}-[a-z0-9]{25} 198\.18\.0\.1:2377", founded)

    worker, manager = token(docker["m1"], "worker"), token(docker["m1"], "manager")
    assert worker in founded
    assert worker != manager
    joined = docker["m2"].ok(f"swarm join --token {worker} 198.18.0.1:2377")
    assert joined == "This node joined a swarm as a worker."
    for host in ("m3", "m4"):
        assert docker[host].ok(f"swarm join --token {manager} 198.18.0.1") == "This node joined a swarm as a manager."

    rows = [line.split() for line in docker["m1"].ok("node ls").splitlines()]
    assert rows[0] == ["ID", "HOSTNAME", "STATUS", "AVAILABILITY", "MANAGER", "STATUS", "ENGINE", "VERSION"]
    told = docker["m4"].ok("node ls", "--format", "{{.Hostname}} {{.Status}} {{.Availability}} {{.ManagerStatus}}")
    assert (
        told.splitlines()
        == [
            "m1 Ready Active Leader",
            "m2 Ready Active ",
            "m3 Ready Active Reachable",
            "m4 Ready Active Reachable",
        ]
        or told.splitlines()[1].strip() == "m2 Ready Active"
    )


def test_the_address_to_advertise_is_one_of_the_hosts_own(docker_on: Hosts) -> None:
    docker = docker_on(bare(1))["m1"]
    assert docker.fails("swarm init --advertise-addr 198.18.0.77") == (
        "Error response from daemon: must specify a listening address because the address to advertise is not "
        "recognized as a system address, and a system's IP address to use could not be uniquely identified"
    )
    assert "advertise address must be a non-zero IP address or network interface" in docker.fails(
        "swarm init --advertise-addr eth9"
    )
    docker.ok("swarm init --advertise-addr eth0")
    assert "already part of a swarm" in docker.fails("swarm init")


def test_a_worker_refuses_what_only_managers_can_answer(docker_on: Hosts) -> None:
    docker = docker_on(bare(2))
    assert "This node is not a swarm manager. Use" in docker["m2"].fails("service ls")
    docker["m1"].ok("swarm init")
    docker["m2"].ok(f"swarm join --token {token(docker['m1'], 'worker')} 198.18.0.1:2377")
    for command in ("service ls", "node ls", "service create -d alpine", "swarm join-token worker"):
        assert "Worker nodes can't be used to view or modify cluster state" in docker["m2"].fails(command), command


def test_tokens_are_rotated_and_the_old_ones_let_nobody_in(docker_on: Hosts) -> None:
    docker = docker_on(bare(2))
    docker["m1"].ok("swarm init")
    old = token(docker["m1"], "worker")
    rotated = docker["m1"].ok("swarm join-token --rotate worker")
    assert rotated.startswith("Successfully rotated worker join token.")
    assert old not in rotated
    assert "A valid join token is necessary to join this cluster" in docker["m2"].fails(
        f"swarm join --token {old} 198.18.0.1:2377"
    )
    docker["m2"].ok(f"swarm join --token {token(docker['m1'], 'worker')} 198.18.0.1:2377")


def test_certificates_are_not_rotated_and_that_is_said(docker_on: Hosts) -> None:
    docker = docker_on(bare(1))["m1"]
    docker.ok("swarm init")
    assert "there is no certificate authority here" in docker.fails("swarm ca --rotate")


def test_nodes_are_promoted_demoted_relabelled_and_removed(docker_on: Hosts) -> None:
    docker = docker_on(bare(3))
    first = docker["m1"]
    first.ok("swarm init")
    for host in ("m2", "m3"):
        docker[host].ok(f"swarm join --token {token(first, 'worker')} 198.18.0.1:2377")
    assert first.ok("node promote m2") == "Node m2 promoted to a manager in the swarm."
    assert first.ok("node update --role manager m3") == "m3"
    assert first.ok("node inspect --format {{.Spec.Role}} m2 m3") == "manager\nmanager"
    assert first.ok("node demote m3") == "Manager m3 demoted in the swarm."
    first.ok("node update --label-add rack=a --availability drain m2")
    pretty = first.ok("node inspect --pretty m2")
    assert re.search(r"Labels:\n - rack=a", pretty)
    assert re.search(r"Availability:\s+Drain", pretty)
    assert "is a manager" in first.fails("node rm m2") or "demote" in first.fails("node rm m2")
    assert first.ok("node rm --force m3") == "m3"
    assert "m3" not in first.ok("node ls --format {{.Hostname}}").split()


def test_managers_that_are_locked_are_unlocked_with_the_key(docker_on: Hosts) -> None:
    docker = docker_on(bare(1))["m1"]
    founded = docker.ok("swarm init --autolock")
    key = docker.ok("swarm unlock-key -q")
    assert key.startswith("SWMKEY-1-")
    assert key in founded
    assert "swarm is not locked" in docker.fails("swarm unlock", stdin=f"{key}\n")
    assert docker.ok("swarm unlock-key --rotate -q") != key


def test_leaving(docker_on: Hosts) -> None:
    docker = docker_on(bare(2))
    docker["m1"].ok("swarm init")
    docker["m2"].ok(f"swarm join --token {token(docker['m1'], 'worker')} 198.18.0.1:2377")
    assert docker["m2"].ok("swarm leave") == "Node left the swarm."
    assert "Removing the last manager erases all current state of the swarm." in docker["m1"].fails("swarm leave")
    docker["m1"].ok("swarm leave --force")
    assert "Swarm: inactive" in docker["m1"].ok("info")
