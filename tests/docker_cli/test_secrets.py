"""Secrets, configs and networks, as the stock command line makes, uses and removes them."""

from collections.abc import Callable
from pathlib import Path

from docker_cli import DockerCli
from served import swarm

from swarmsim.serve.cluster import ServedPlan

Hosts = Callable[[ServedPlan], dict[str, DockerCli]]


def test_a_secret_is_made_from_a_file_and_never_shown(docker_on: Hosts, tmp_path: Path) -> None:
    docker = docker_on(swarm(1))["m1"]
    (tmp_path / "psql_user.txt").write_text("dbuser")
    docker.ok("secret create psql_user psql_user.txt")
    docker.ok("secret create --label owner=me psql_pass -", stdin="dbpass")
    assert docker.ok("secret ls --format {{.Name}}").splitlines() == ["psql_pass", "psql_user"]
    told = docker.ok("secret inspect psql_pass")
    assert "dbpass" not in told
    assert "Data" not in told
    assert docker.ok("secret ls --filter label=owner=me --format {{.Name}}") == "psql_pass"
    assert "secret psql_user already exists" in docker.fails("secret create psql_user -", stdin="x")


def test_secrets_that_are_in_use_stay(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1))["m1"]
    docker.ok("secret create psql_user -", stdin="dbuser")
    docker.ok("secret create psql_pass -", stdin="dbpass")
    docker.ok(
        "service create -d --name psql --secret psql_user --secret source=psql_pass,target=pw,uid=99,mode=0400 "
        "-e POSTGRES_PASSWORD_FILE=/run/secrets/psql_pass postgres"
    )
    told = docker.ok("service inspect psql")
    assert '"SecretName": "psql_user"' in told
    assert '"Name": "pw"' in told
    assert "secret 'psql_user' is in use by the following service: psql" in docker.fails("secret rm psql_user")
    docker.ok("service update -d --secret-rm psql_user --secret-rm psql_pass psql")
    docker.ok("service rm psql")
    assert docker.ok("secret rm psql_user") == "psql_user"


def test_configs_are_shown(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1))["m1"]
    docker.ok("config create site -", stdin="listen 80;")
    assert "listen 80;" in docker.ok("config inspect --pretty site")
    assert docker.ok("config ls --format {{.Name}}") == "site"
    assert docker.ok("config rm site") == "site"
    assert "config site not found" in docker.fails("config rm site")


def test_an_overlay_is_made_used_and_removed(docker_on: Hosts) -> None:
    docker = docker_on(swarm(1))["m1"]
    docker.ok("network create --driver overlay mydrupal")
    docker.ok("network create -d overlay --attachable --subnet 10.77.0.0/16 --gateway 10.77.0.9 back")
    assert sorted(docker.ok("network ls --format {{.Name}}/{{.Driver}}/{{.Scope}}").splitlines()) == [
        "back/overlay/swarm",
        "bridge/bridge/local",
        "host/host/local",
        "ingress/overlay/swarm",
        "mydrupal/overlay/swarm",
        "none/null/local",
    ]
    told = docker.ok("network inspect back")
    assert '"Subnet": "10.77.0.0/16"' in told
    assert '"Gateway": "10.77.0.9"' in told
    docker.ok("service create -d --name psql --network mydrupal postgres")
    docker.ok("service create -d --name drupal --network mydrupal -p 8080:80 drupal")
    assert "is in use by" in docker.fails("network rm mydrupal")
    assert docker.ok("network rm back") == "back"
    assert "mydrupal already exists" in docker.fails("network create -d overlay mydrupal")
    assert "pre-defined" in docker.fails("network rm bridge")
