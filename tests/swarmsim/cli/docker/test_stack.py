"""`swarmsim stack` on a swarm that is served."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from docker_verbs import Verb, without_digests

COMPOSE = """\
services:
  web:
    image: app:${TAG:-1}
    networks: [front]
    secrets: [key]
    configs: [conf]
    deploy: {replicas: 2, update_config: {monitor: 10ms}}
  log: {image: logger, networks: [front], deploy: {mode: global, update_config: {monitor: 10ms}}}
networks: {front: {}}
secrets: {key: {file: ./data}}
configs: {conf: {file: ./data}}
"""


@pytest.fixture(autouse=True)
def files(ours: Verb) -> Iterator[None]:
    """The Compose file, and no stack after it."""
    Path("data").write_text("data")
    Path("stack.yml").write_text(COMPOSE)
    yield
    ours("stack", "rm", "--detach=false", "st")


def deploy(ours: Verb, *words: str) -> list[str]:
    """The lines that deploying it prints."""
    ended = ours("stack", "deploy", "-c", "stack.yml", *words, "st")
    assert ended.code == 0, ended.err
    return without_digests(ended.out).splitlines()


def test_everything_is_created_in_order(ours: Verb) -> None:
    assert deploy(ours) == [
        "Creating network st_front",
        "Creating secret st_key",
        "Creating config st_conf",
        "Creating service st_web",
        "Creating service st_log",
    ]
    assert ours("stack", "ls").out == "NAME      SERVICES\nst        2\n"
    assert ours("network", "ls", "--format", "{{.Name}}", "--filter", "name=st_").out == "st_front\n"


def test_waiting_ends_once_all_services_have_converged(ours: Verb) -> None:
    lines = deploy(ours, "--detach=false")
    assert {"verify: Service st_web converged", "verify: Service st_log converged"} <= {*lines}
    assert ours("stack", "services", "--format", "{{.Name}} {{.Replicas}}", "st").out == "st_log 3/3\nst_web 2/2\n"
    tasks = ours("stack", "ps", "--format", "{{.Name}} {{.Image}}", "--filter", "name=st_web", "st").out
    assert tasks == "st_web.1 app:1\nst_web.2 app:1\n"


def test_deploying_again_touches_nothing(ours: Verb) -> None:
    deploy(ours)
    assert deploy(ours) == []


def test_a_dry_run_says_what_would_change_and_changes_nothing(ours: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy(ours)
    monkeypatch.setenv("TAG", "2")
    assert deploy(ours, "--dry-run") == [
        "stack st: 1 to update, 4 untouched",
        "  ~ service st_web: all tasks are replaced by new ones",
        "      ~ deploy.labels.com.docker.stack.image: app:1 -> app:2",
        "      ~ image: app:1 -> app:2",
    ]
    assert ours("service", "ls", "--filter", "name=st_web", "--format", "{{.Image}}").out == "app:1\n"
    assert deploy(ours)[0].startswith("Updating service st_web (id: ")


def test_images_are_pinned_when_a_registry_is_to_be_asked(ours: Verb) -> None:
    def image() -> str:
        return ours("service", "inspect", "st_web", "-f", "{{.Spec.TaskTemplate.ContainerSpec.Image}}").out.strip()

    deploy(ours, "--resolve-image", "never")
    assert image() == "app:1"
    deploy(ours, "--resolve-image", "changed")
    assert image() == "app:1"
    deploy(ours)
    pinned = image()
    assert pinned.startswith("app:1@sha256:")
    deploy(ours, "--resolve-image", "never")
    assert image() == pinned


def test_pruning_removes_services_that_are_no_longer_in_the_file(ours: Verb) -> None:
    deploy(ours)
    Path("stack.yml").write_text("".join(line for line in COMPOSE.splitlines(True) if "logger" not in line))
    assert deploy(ours, "--prune") == ["Removing service st_log"]
    assert ours("stack", "services", "-q", "st").out.count("\n") == 1


def test_data_that_changes_is_refused_and_told_before_by_a_dry_run(ours: Verb) -> None:
    deploy(ours)
    Path("data").write_text("other")
    planned = ours("stack", "deploy", "-c", "stack.yml", "--dry-run", "st")
    refused = ours("stack", "deploy", "-c", "stack.yml", "st")
    assert (planned.code, refused.code) == (1, 1)
    assert "config 'st_conf' exists with other data" in planned.err
    assert "config 'st_conf' exists with other data" in refused.err


def test_a_secret_s_data_is_compared_by_the_leader(ours: Verb) -> None:
    Path("stack.yml").write_text(COMPOSE.replace("configs: [conf]", "environment: []").replace("configs: {", "x-no: {"))
    deploy(ours)
    Path("data").write_text("other")
    refused = ours("stack", "deploy", "-c", "stack.yml", "st")
    assert refused.code == 1
    assert refused.err.splitlines()[-1].startswith("Error response from daemon: failed to update secret 'st_key'")


def test_removing_takes_all_of_it_and_says_so(ours: Verb) -> None:
    deploy(ours)
    assert ours("stack", "rm", "--detach=false", "st").out.splitlines() == [
        "Removing service st_log",
        "Removing service st_web",
        "Removing secret st_key",
        "Removing config st_conf",
        "Removing network st_front",
    ]
    assert ours("stack", "ls", "--format", "{{.Name}}").out == ""
    assert ours("stack", "rm", "st").err == "Nothing found in stack: st\n"


def test_files_are_shown_merged_and_filled_in(ours: Verb) -> None:
    Path("more.yml").write_text("services: {web: {hostname: h}}")
    shown = ours("stack", "config", "-c", "stack.yml", "-c", "more.yml").out
    assert "image: app:1\n" in shown
    assert "hostname: h\n" in shown
    assert "image: app:${TAG:-1}\n" in ours("stack", "config", "-c", "stack.yml", "--skip-interpolation").out


def test_a_bad_file_is_complained_of_with_its_line_before_anything_is_asked(ours: Verb) -> None:
    Path("stack.yml").write_text("services:\n  web:\n    image: app\n    bogus: 1\n")
    refused = ours("stack", "deploy", "-c", "stack.yml", "st")
    assert refused.code == 2
    assert refused.err.startswith("error: stack.yml:4: ")
