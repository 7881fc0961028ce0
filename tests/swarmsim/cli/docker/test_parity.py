"""Our verbs print what docker's own print, of the same swarm; `docker --version` 28 has to be there to say so."""

from contextlib import closing
from pathlib import Path

import pytest
from docker.types import ServiceMode
from docker_verbs import Verb, without_ids_and_ages
from served import Served

STACK = """\
version: "3.8"
services:
  web:
    image: nginx
    ports: ["8000-8001:80-81", "9000:90"]
    deploy: {replicas: 2}
    secrets: [key]
  log: {image: "logger:1", deploy: {mode: global}}
secrets: {key: {file: ./key.txt}}
"""
SAYING = "echo started; cat /nowhere; exec sleep infinity"


@pytest.fixture(scope="module", autouse=True)
def populated(cluster: Served) -> None:
    """A swarm in which there is something of everything."""
    with closing(cluster.client("m1")) as client:
        api = client.api
        api.create_secret("s10", b"x", labels={"a": "b"})
        api.create_secret("s9", b"x")
        api.create_config("c1", b"line\n")
        api.create_network("net1", driver="overlay", attachable=True)
        client.services.create("app:1", name="app", networks=["net1"], env=["A=b"], labels={"tier": "front"})
        client.services.create("agent", name="agent", mode="global")
        mode = ServiceMode("replicated", 11)
        client.services.create("alpine", name="say", command=["sh", "-c"], args=[SAYING], mode=mode)


READS = (
    "node ls",
    "node ls -q",
    "node ls --format json",
    "node ls --filter role=worker",
    "node ls --filter name=nobody",
    "node ls --format {{.ID}}:\\t{{.Hostname}}/{{.Self}}",
    "node ls --format table\\t{{.Hostname}}\\t{{.ManagerStatus}}",
    "node ls --format {{if_.Self}}mine{{else}}{{upper_.Hostname}}{{end}}",
    "node ls --format {{json_.}}",
    "node inspect self --pretty",
    "node inspect w1 --format {{.Spec.Role}}",
    "node inspect w1 --format {{json_.Status}}",
    "node inspect nobody",
    "node ps w1",
    "service ls",
    "service ls -q",
    "service ls --format json",
    "service ls --filter mode=global",
    "service ps app",
    "service ps agent --no-trunc",
    "service ps app agent --no-resolve",
    "service ps agent -q",
    "service ps nothing",
    "service inspect --pretty app",
    "service inspect app --format {{.Spec.Name}}{{range_.Spec.TaskTemplate.ContainerSpec.Env}}<{{.}}>{{end}}",
    "service inspect nothing",
    "secret ls",
    "secret ls --format json",
    "secret ls --filter name=s1",
    "secret inspect s10",
    "secret inspect --pretty s10",
    "secret inspect nothing",
    "config ls",
    "config ls -q",
    "config inspect c1",
    "config inspect c1 --pretty",
    "network ls",
    "network ls --no-trunc --filter driver=overlay",
    "network ls --format {{.Name}}:{{.Scope}}:{{.Internal}}",
    "network inspect nothing",
    "stack ls",
    "stack services nothing",
    "stack ps nothing",
    "swarm join-token -q worker",
    "swarm unlock-key",
)


def words(command: str) -> list[str]:
    """`_` stands for a blank within a word."""
    return [word.replace("_", " ") for word in command.split()]


@pytest.mark.parametrize("command", READS)
def test_what_is_read_is_printed_alike(command: str, ours: Verb, dockers: Verb) -> None:
    mine, theirs = ours(*words(command)), dockers(*words(command))
    assert mine.out == theirs.out
    assert mine.err.strip() == theirs.err.strip()
    assert mine.code == theirs.code


LOGS = (
    "say",
    "--raw say",
    "-t --tail 1 say",
    "--details say",
    "--no-trunc --no-resolve say",
    "--no-task-ids say",
    "--since 2099-01-01T00:00:00Z say",
)


@pytest.mark.parametrize("flags", LOGS)
def test_logs_are_told_alike(flags: str, ours: Verb, dockers: Verb) -> None:
    mine, theirs = ours("service", "logs", *flags.split()), dockers("service", "logs", *flags.split())
    assert in_any_order(mine.out) == in_any_order(theirs.out)
    assert in_any_order(mine.err) == in_any_order(theirs.err)
    assert mine.code == theirs.code == 0


def in_any_order(text: str) -> list[str]:
    """Lines of several tasks come as they come."""
    return sorted(text.splitlines())


WRITES = (
    (("network", "create", "-d", "overlay", "n"), ("network", "rm", "n")),
    (("service", "create", "-d", "--name", "x", "--replicas", "2", "img"), ("service", "rm", "x")),
    (("service", "scale", "-d", "app=1", "nothing=1", "agent=1"),),
    (("service", "rm", "nothing"),),
    (("secret", "rm", "nothing", "nobody"),),
    (("network", "rm", "net1", "nothing"),),
    (("node", "update", "--label-add", "a=b", "w1"), ("node", "update", "--label-rm", "a", "w1")),
    (("node", "promote", "w1"), ("node", "promote", "w1"), ("node", "demote", "w1"), ("node", "demote", "w1")),
    (("node", "rm", "w1"),),
    (("swarm", "update", "--task-history-limit", "5"),),
    (("swarm", "leave"),),
    (("swarm", "init"),),
)


@pytest.mark.parametrize("commands", WRITES, ids=lambda commands: " ".join(commands[0][:2]))
def test_what_is_done_is_told_alike(commands: tuple[tuple[str, ...], ...], ours: Verb, dockers: Verb) -> None:
    told = []
    for verb in (ours, dockers):
        ended = [verb(*command) for command in commands]
        told.append([(each.code, without_ids_and_ages(each.out), without_notes(each.err)) for each in ended])
    assert told[0] == told[1]


def without_notes(text: str) -> str:
    """Errors alone: docker looks images up first, and says that it cannot."""
    return "\n".join(line for line in text.splitlines() if "Error" in line or "scale can only" in line)


def test_a_stack_is_deployed_and_removed_alike(ours: Verb, dockers: Verb) -> None:
    Path("key.txt").write_text("secret")
    Path("stack.yml").write_text(STACK)
    told: list[list[str]] = [[], []]
    for verb, lines in zip((ours, dockers), told, strict=True):
        for command in ("deploy -c stack.yml st", "services st", "rm st"):
            ended = verb("stack", *command.split())
            assert ended.code == 0, ended.err
            lines.extend(sorted(without_ids_and_ages(ended.out).splitlines()))
    assert told[0] == told[1]


def test_what_the_one_deploys_the_other_finds_unchanged(ours: Verb, dockers: Verb) -> None:
    Path("key.txt").write_text("secret")
    Path("stack.yml").write_text(STACK)
    assert dockers("stack", "deploy", "-c", "stack.yml", "st").code == 0
    assert ours("stack", "deploy", "--dry-run", "-c", "stack.yml", "st").out == "stack st: nothing to do, 4 untouched\n"
    assert ours("stack", "rm", "st").code == 0
