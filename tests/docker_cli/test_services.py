"""Services and their tasks, as the stock command line makes, changes, shows and removes them."""

import re
from collections.abc import Callable

from docker_cli import DockerCli
from served import swarm

from swarmsim.serve.cluster import ServedPlan

Hosts = Callable[[ServedPlan], dict[str, DockerCli]]
ID = re.compile(r"[a-z0-9]{25}")


def running(docker: DockerCli, service: str) -> list[str]:
    """Where its tasks are to run, in order."""
    told = docker.ok(f"service ps {service}", "--filter", "desired-state=running", "--format", "{{.Name}} {{.Node}}")
    return sorted(told.splitlines())


def until_all_run(docker: DockerCli, service: str, count: int) -> None:
    """At full speed the world takes no time to speak of; each look lets it go on."""
    for _ in range(200):
        states = docker.ok(
            f"service ps {service}", "--filter", "desired-state=running", "--format", "{{.CurrentState}}"
        )
        found = states.splitlines()
        if len(found) == count and all(state.startswith("Running") for state in found):
            return
    raise AssertionError(f"{service} never had {count} running tasks: {states}")


def test_a_service_prints_its_id_and_comes_to_run_everywhere(docker_on: Hosts) -> None:
    docker = docker_on(swarm(3, 2))["m2"]
    said = docker("service create -d --name web --replicas 5 nginx:1.27")
    assert said.code == 0
    assert ID.fullmatch(said.out)
    until_all_run(docker, "web", 5)
    assert docker.ok("service ls --format", "{{.Name}} {{.Mode}} {{.Replicas}} {{.Image}}") == (
        "web replicated 5/5 nginx:1.27"
    )
    hosts = {line.split()[1] for line in running(docker, "web")}
    assert hosts == {"m1", "m2", "m3", "w1", "w2"}, "managers run tasks too"


def test_progress_is_shown_until_a_service_has_converged(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1))["m1"]
    told = docker.ok("service create --name web --replicas 2 nginx")
    assert "overall progress: 2 out of 2 tasks" in told
    assert re.search(r"verify: Service [a-z0-9]{25} converged$", told)


def test_services_without_names_get_some(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1))["m1"]
    first = docker.ok("service create -d alpine")
    second = docker.ok("service create -d alpine")
    names = docker.ok("service ls --format {{.Name}}").splitlines()
    assert first != second
    assert len(set(names)) == 2
    assert all(re.fullmatch(r"[a-z]+_[a-z]+", name) for name in names)


def test_inspecting_a_service_tells_what_was_declared(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1))["m1"]
    docker.ok(
        "service create -d --name web --replicas 3 -p 8080:80 -e A=b --label tier=front --limit-memory 64M "
        "--constraint node.role==manager --update-delay 10s --update-parallelism 2 nginx:1.27"
    )
    pretty = docker.ok("service inspect --pretty web")
    for told in (
        r"Name:\s+web",
        r"Labels:\n tier=front",
        r"Service Mode:\s+Replicated\n Replicas:\s+3",
        r"Constraints:\s+\[node.role==manager\]",
        r"Parallelism:\s+2",
        r"Delay:\s+10s",
        r"Image:\s+nginx:1.27",
        r"Env:\s+A=b",
        r"Memory:\s+64MiB",
        r"PublishedPort = 8080\n  Protocol = tcp\n  TargetPort = 80\n  PublishMode = ingress",
    ):
        assert re.search(told, pretty), told
    assert docker.ok("service ls --format {{.Ports}}") == "*:8080->80/tcp"


def test_updates_replace_tasks_and_roll_back(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1, 2))["m1"]
    docker.ok("service create -d --name my_web --replicas 2 --update-delay 0s --update-monitor 1s myapp:1.2.0")
    until_all_run(docker, "my_web", 2)
    docker.ok("service update -d --image myapp:1.2.1 my_web")
    for _ in range(200):
        images = docker.ok("service ps my_web --filter desired-state=running --format {{.Image}}").splitlines()
        if images == ["myapp:1.2.1"] * 2:
            break
    assert images == ["myapp:1.2.1"] * 2
    history = docker.ok("service ps my_web --format", "{{.Name}} {{.Image}} {{.DesiredState}}").splitlines()
    assert [line for line in history if "Shutdown" in line] == [
        "my_web.1 myapp:1.2.0 Shutdown",
        "my_web.2 myapp:1.2.0 Shutdown",
    ]
    docker.ok("service rollback -d my_web")
    assert docker.ok("service inspect my_web --format {{.Spec.TaskTemplate.ContainerSpec.Image}}").startswith(
        "myapp:1.2.0"
    )


def test_published_ports_are_changed_by_their_target(docker_on: Hosts) -> None:
    """`--publish-rm` names what a port leads to: to name the published one changes nothing, as with Docker."""
    docker = docker_on(swarm(1))["m1"]
    docker.ok("service create -d --name api -p 8080:80 api:1")
    docker.ok("service update -d --env-add NODE_ENV=production --publish-rm 8080 api")
    assert docker.ok("service ls --format {{.Ports}}") == "*:8080->80/tcp"
    assert docker.ok("service inspect api --format {{.Spec.TaskTemplate.ContainerSpec.Env}}") == "[NODE_ENV=production]"
    docker.ok("service update -d --publish-rm 80 --publish-add 9090:80 api")
    assert docker.ok("service ls --format {{.Ports}}") == "*:9090->80/tcp"


def test_several_services_are_scaled_at_once(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1, 2))["m1"]
    docker.ok("service create -d --name web nginx")
    docker.ok("service create -d --name api api:1")
    assert docker.ok("service scale -d web=8 api=6") == "web scaled to 8\napi scaled to 6"
    until_all_run(docker, "web", 8)
    until_all_run(docker, "api", 6)
    assert "scale can only be used with replicated or replicated-job mode" in _scaled_global(docker)


def test_a_job_is_waited_for_until_it_is_complete(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1, 2))["m1"]
    said = docker.ok("service create --name job --mode replicated-job --replicas 3 --detach=false alpine echo hi")
    assert said.splitlines()[-1] == "job complete"
    docker.ok("service create --name each --mode global-job --detach=false alpine echo hi")


def _scaled_global(docker: DockerCli) -> str:
    docker.ok("service create -d --mode global --name agent agent:1")
    said = docker("service scale -d agent=2")
    return said.out + said.err


def test_force_makes_tasks_anew_and_evens_them_out(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1, 3))["m1"]
    for host in ("w2", "w3"):
        docker.ok(f"node update --availability drain {host}")
    docker.ok("service create -d --name web --replicas 8 nginx")
    until_all_run(docker, "web", 8)
    for host in ("w2", "w3"):
        docker.ok(f"node update --availability active {host}")
    before = docker.ok("service ps -q --filter desired-state=running web").splitlines()
    docker.ok("service update -d --force --update-parallelism 0 web")
    for _ in range(200):
        after = docker.ok("service ps -q --filter desired-state=running web").splitlines()
        if not set(after) & set(before) and len(after) == 8:
            break
    assert not set(after) & set(before)
    counts = [line.split()[1] for line in running(docker, "web")]
    assert {counts.count(host) for host in ("m1", "w1", "w2", "w3")} == {2}


def test_constraints_move_tasks(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1, 2))["m1"]
    docker.ok("node update --label-add disk=ssd w2")
    docker.ok("service create -d --name db --replicas 2 postgres")
    until_all_run(docker, "db", 2)
    docker.ok("service update -d --constraint-add node.labels.disk==ssd db")
    for _ in range(200):
        places = running(docker, "db")
        if places == ["db.1 w2", "db.2 w2"]:
            break
    assert places == ["db.1 w2", "db.2 w2"]


def test_what_cannot_be_is_refused_in_dockers_words(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1))["m1"]
    docker.ok("service create -d --name web -p 8080:80 nginx")
    assert "name conflicts with an existing object: service web already exists" in docker.fails(
        "service create -d --name web nginx"
    )
    assert "port '8080' is already in use by service 'web'" in docker.fails(
        "service create -d --name other -p 8080:80 nginx"
    )
    assert "service nope not found" in docker.fails("service rm nope")
    assert "no such service: nope" in docker.fails("service ps nope")
    assert "does not have a previous spec" in docker.fails("service rollback -d web")
    assert "network nope not found" in docker.fails("service create -d --network nope nginx")
    assert docker.ok("service rm web") == "web"
    assert docker.ok("service ls -q") == ""


def test_node_ps_tells_what_runs_on_a_node(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1, 1))["m1"]
    docker.ok("service create -d --name web --replicas 4 nginx")
    until_all_run(docker, "web", 4)
    assert len(docker.ok("node ps -q w1").splitlines()) == 2
    assert len(docker.ok("node ps -q").splitlines()) == 2, "without a name, on the node that is asked"
