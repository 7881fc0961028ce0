"""Stacks from Compose files, as the stock command line deploys, shows and removes them."""

from collections.abc import Callable
from pathlib import Path

from docker_cli import DockerCli
from served import swarm

from swarmsim.serve.cluster import ServedPlan

Hosts = Callable[[ServedPlan], dict[str, DockerCli]]
VOTING = """
version: "3.13"
services:
  redis:
    image: redis:7
    networks: [frontend]
  db:
    image: postgres:16
    networks: [backend]
    secrets: [psql_pass]
    environment: {POSTGRES_PASSWORD_FILE: /run/secrets/psql_pass}
    deploy: {placement: {constraints: [node.role == manager]}}
  vote:
    image: vote:1
    ports: ["5000:80"]
    networks: [frontend]
    deploy: {replicas: 2, update_config: {parallelism: 2, order: start-first}}
  worker:
    image: worker:1
    networks: [frontend, backend]
    deploy: {mode: replicated, replicas: 2, labels: {app: voting}}
networks: {frontend: {}, backend: {}}
secrets:
  psql_pass: {file: ./psql_pass.txt}
"""


def deploy(docker: DockerCli, directory: Path, text: str, *options: str) -> str:
    (directory / "psql_pass.txt").write_text("dbpass")
    (directory / "example-voting.yml").write_text(text)
    return docker.ok(" ".join(("stack deploy --detach=true", *options, "-c example-voting.yml voteapp")))


def test_a_stack_is_deployed_and_removed(docker_on: Hosts, tmp_path: Path) -> None:
    docker = docker_on(swarm(1, 2))["m1"]
    told = deploy(docker, tmp_path, VOTING)
    for made in ("network voteapp_frontend", "network voteapp_backend", "secret voteapp_psql_pass"):
        assert f"Creating {made}" in told
    for service in ("db", "redis", "vote", "worker"):
        assert f"Creating service voteapp_{service}" in told
    assert docker.ok("stack ls --format {{.Name}}/{{.Services}}") == "voteapp/4"
    names = docker.ok("stack services voteapp --format {{.Name}}").splitlines()
    assert names == ["voteapp_db", "voteapp_redis", "voteapp_vote", "voteapp_worker"]
    assert len(docker.ok("stack ps -q voteapp").splitlines()) == 6
    removed = docker.ok("stack rm voteapp")
    for gone in (*(f"service {name}" for name in names), "secret voteapp_psql_pass", "network voteapp_frontend"):
        assert f"Removing {gone}" in removed
    assert docker.ok("stack ls --format {{.Name}}") == ""


def test_to_deploy_again_is_to_update(docker_on: Hosts, tmp_path: Path) -> None:
    docker = docker_on(swarm(1, 2))["m1"]
    deploy(docker, tmp_path, VOTING)
    before = docker.ok("service inspect voteapp_redis --format {{.Version.Index}}/{{.ID}}")
    told = deploy(
        docker, tmp_path, VOTING.replace("vote:1", "vote:2").replace("replicas: 2, labels", "replicas: 3, labels")
    )
    assert "Updating service voteapp_vote" in told
    assert "Creating" not in told
    image = docker.ok("service inspect voteapp_vote --format {{.Spec.TaskTemplate.ContainerSpec.Image}}")
    assert image.partition("@")[0] == "vote:2"
    assert docker.ok("service inspect voteapp_worker --format {{.Spec.Mode.Replicated.Replicas}}") == "3"
    after = docker.ok("service inspect voteapp_redis --format {{.Version.Index}}/{{.ID}}")
    assert after.split("/")[1] == before.split("/")[1]
    assert len(docker.ok("service ps -q voteapp_redis").splitlines()) == 1, "what did not change was not replaced"


def test_services_that_are_not_named_any_more_are_pruned_if_asked(docker_on: Hosts, tmp_path: Path) -> None:
    docker = docker_on(swarm(1))["m1"]
    deploy(docker, tmp_path, VOTING)
    deploy(docker, tmp_path, VOTING.replace("  redis:\n    image: redis:7\n    networks: [frontend]\n", ""))
    assert "voteapp_redis" in docker.ok("stack services voteapp --format {{.Name}}")
    told = deploy(
        docker, tmp_path, VOTING.replace("  redis:\n    image: redis:7\n    networks: [frontend]\n", ""), "--prune"
    )
    assert "Removing service voteapp_redis" in told
    assert "voteapp_redis" not in docker.ok("stack services voteapp --format {{.Name}}")
