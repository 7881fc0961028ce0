"""Containers, their logs and their images, as the stock command line shows and runs them."""

import re
from collections.abc import Callable

from asking import until
from docker_cli import DockerCli
from served import bare, swarm

from swarmsim.serve.cluster import ServedPlan

Hosts = Callable[[ServedPlan], dict[str, DockerCli]]


def test_a_container_is_run_in_the_foreground(docker_on: Hosts) -> None:
    docker = docker_on(bare(1))["m1"]
    said = docker("run --rm alpine sh -c", "echo hi; cat /nowhere; exit 7")
    assert (said.code, said.out) == (7, "hi")
    assert "Unable to find image 'alpine:latest' locally" in said.err
    assert "Status: Downloaded newer image for alpine:latest" in said.err
    assert "cat: can't open '/nowhere': No such file or directory" in said.err
    assert docker.ok("ps -aq") == ""
    assert docker.ok("run --rm -t alpine echo hi") == "hi"
    assert docker.ok("run hello-world").startswith("Hello from a simulated container!")


def test_a_container_is_run_in_the_background(docker_on: Hosts) -> None:
    docker = docker_on(bare(1))["m1"]
    docker.ok("pull -q nginx")
    container_id = docker.ok("run -d --name web -p 8080:80 nginx")
    header, row = docker.ok("ps").splitlines()
    assert header.split() == ["CONTAINER", "ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]
    assert re.match(rf'{container_id[:12]}\s+nginx\s+"nginx"\s+.*\s+Up .*\s+0\.0\.0\.0:8080->80/tcp\s+web$', row)
    assert docker.ok("inspect -f {{.State.Status}},{{.Name}},{{.Config.Image}} web") == "running,/web,nginx"
    assert docker.ok("port web") == "80/tcp -> 0.0.0.0:8080"
    assert docker.ok("stop web") == "web"
    assert docker.ok("ps -q") == ""
    assert docker.ok("start web") == "web"
    assert docker.ok("kill web") == "web"
    assert docker.ok("wait web") == "137"
    assert docker.ok("rm web") == "web"
    assert docker.fails("inspect web").endswith("No such object: web")
    assert docker.ok("images --format {{.Repository}}:{{.Tag}}") == "nginx:latest"
    assert docker.ok("rmi nginx").startswith("Untagged: nginx:latest")
    assert docker.ok("info -f {{.Containers}}/{{.Images}}") == "0/0"


def test_commands_run_in_a_tasks_container_and_find_its_secrets(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1))["m1"]
    docker.ok("secret create key -", stdin="opens it")
    docker.ok("service create -q --name web --secret key nginx")
    name = docker.ok("ps --format {{.Names}}")
    assert re.fullmatch(r"web\.1\.[a-z0-9]{25}", name)
    assert docker.ok(f"exec {name} cat /run/secrets/key") == "opens it"
    assert docker.ok(f"exec -t {name} hostname") == docker.ok("ps -q")
    assert docker.ok(f"exec -e A=b {name} printenv A") == "b"
    said = docker(f"exec {name} sh -c", "echo in; cat /nowhere; exit 3")
    assert (said.code, said.out) == (3, "in")
    assert "/nowhere" in said.err
    assert docker(f"exec -i {name} sh -c", "exit 4", stdin="nobody reads this\n").code == 4
    assert "not found" in docker(f"exec {name} frobnicate").err


def test_a_services_log_says_whose_each_line_is(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1, 1))["m1"]
    docker.ok("service create -q --name say --mode global alpine sh -c", "echo started; exec sleep infinity")
    lines = docker.ok("service logs say").splitlines()
    assert sorted(line.partition("@")[2].split() for line in lines) == [["m1", "|", "started"], ["w1", "|", "started"]]
    assert all(re.match(r"say\.\d?\.?\w+@\w1\s+\| started$", line) for line in lines), lines
    assert docker.ok("service logs --raw --tail 1 say").splitlines() == ["started", "started"]
    stamped = docker.ok("service logs --raw --timestamps say").splitlines()[0]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z started", stamped)
    container = docker.ok("ps -q")
    assert docker.ok(f"logs {container}") == "started"
    task = docker.ok("service ps -q say").splitlines()[0]
    assert docker.ok(f"service logs --raw {task}") == "started"
    assert "no such task or service: nobody" in docker.fails("service logs nobody")


def test_services_are_pinned_to_the_digest_that_the_registry_tells(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1))["m1"]
    docker.ok("service create -q --name web nginx:1.27")
    pinned = docker.ok("service inspect -f {{.Spec.TaskTemplate.ContainerSpec.Image}} web")
    assert re.fullmatch(r"nginx:1\.27@sha256:[0-9a-f]{64}", pinned)
    digest = docker.ok("image inspect nginx:1.27 -f", "{{index .RepoDigests 0}}")
    assert digest == pinned.replace(":1.27", "")
    until(lambda: docker.ok("service ps -f desired-state=running --format {{.CurrentState}} web").startswith("Running"))


def test_tables_of_what_takes_space_and_of_volumes(docker_on: Hosts) -> None:
    docker = docker_on(bare(1))["m1"]
    docker.ok("pull -q redis")
    assert docker.ok("system df --format {{.Type}}={{.TotalCount}}").splitlines() == [
        "Images=1",
        "Containers=0",
        "Local Volumes=0",
        "Build Cache=0",
    ]
    assert docker.ok("volume ls") == "DRIVER    VOLUME NAME"
    assert "have no volumes" in docker.fails("volume create data")
    assert docker.ok("container prune -f").endswith("0B")


def test_a_shell_is_typed_into(docker_on: Hosts) -> None:
    docker = docker_on(bare(1))["m1"]
    docker.ok("pull -q alpine")
    docker.ok("run -d --name web nginx")
    typed = "hostname\ncat /nowhere\nexit 5\n"
    said = docker("exec -i web sh", stdin=typed)
    assert (said.code, said.out) == (5, docker.ok("ps -q"))
    assert "/nowhere" in said.err
    said = docker("run -i --name shell alpine sh", stdin="echo in here\nfalse")
    assert (said.code, said.out) == (1, "in here")
    assert docker.ok("logs shell") == "in here"
    assert docker.ok("inspect -f {{.State.ExitCode}} shell") == "1"


def test_what_happens_to_containers_is_told(docker_on: Hosts) -> None:
    docker = docker_on(bare(1))["m1"]
    docker.ok("pull -q alpine")
    docker("run --name brief alpine sh -c", "exit 3")
    until_now = docker.ok("info -f {{.SystemTime}}")
    told = docker.ok(f"events --since 1 --until {until_now} -f container=brief --format {{{{.Action}}}}").splitlines()
    assert [action for action in told if action not in ("attach", "resize")] == ["create", "start", "die"]
