"""`swarmsim plan`: what is printed, and how it ends."""

import io
import json
from functools import partial
from pathlib import Path

import pytest
from command_line import Command

OLD = """\
name: shop
services:
  web: {image: "web:1", environment: {COLOR: blue}, ports: ["8080:80"]}
  db: {image: "db:1"}
  counter: {image: "counter:1"}
secrets: {password: {content: old}}
"""
NEW = """\
name: shop
services:
  web: {image: "web:${TAG}", environment: {LANG: de}, ports: ["8080:80"]}
  db: {image: "db:1", deploy: {replicas: 3}}
secrets: {password: {content: old, labels: {edition: "2"}}}
"""


@pytest.fixture
def plan(swarmsim: Command) -> Command:
    """Runs the command in a directory with two versions of a stack."""
    Path("old.yml").write_text(OLD)
    Path("new.yml").write_text(NEW)
    Path(".env").write_text("TAG=2\n")
    return partial(swarmsim, "plan")


def test_a_first_deployment(plan: Command) -> None:
    code, out, err = plan("-c", "old.yml")
    assert (code, err) == (0, "")
    assert out == (
        "stack shop: 5 to create, 0 untouched\n"
        "  + network shop_default\n"
        "  + secret shop_password\n"
        "  + service shop_web\n"
        "  + service shop_db\n"
        "  + service shop_counter\n"
    )


def test_against_what_runs_now(plan: Command) -> None:
    code, out, err = plan("--compose-file", "new.yml", "--against", "old.yml")
    assert (code, err) == (0, "")
    assert out == (
        "stack shop: 3 to update, 1 untouched\n"
        "  ~ secret shop_password\n"
        "      + labels.edition: 2\n"
        "  ~ service shop_web: all tasks are replaced by new ones\n"
        "      ~ deploy.labels.com.docker.stack.image: web:1 -> web:2\n"
        "      - environment.COLOR: blue\n"
        "      + environment.LANG: de\n"
        "      ~ image: web:1 -> web:2\n"
        "  ~ service shop_db: tasks run on as they are\n"
        "      + deploy.replicas: 3\n"
        "  ! service shop_counter is no longer in the file and stays; --prune removes it\n"
    )


def test_pruning_comes_first(plan: Command) -> None:
    _, out, _ = plan("-c", "new.yml", "--against", "old.yml", "--prune")
    assert out.startswith("stack shop: 3 to update, 1 to remove, 1 untouched\n  - service shop_counter\n")
    assert "--prune removes" not in out


def test_several_files_and_another_name(plan: Command) -> None:
    Path("more.yml").write_text("services: {web: {tty: true}}")
    code, out, _ = plan("-c", "old.yml", "-c", "more.yml", "--against", "old.yml", "other")
    assert code == 0
    assert out.startswith("stack other: 1 to update, 4 untouched\n  ~ service other_web")
    assert "      + tty: true\n" in out


def test_what_stays_though_the_file_says_otherwise(plan: Command) -> None:
    Path("inside.yml").write_text(OLD + "networks: {default: {internal: true}}\n")
    _, out, _ = plan("-c", "inside.yml", "--against", "old.yml")
    assert out == (
        "stack shop: nothing to do, 5 untouched\n"
        "  = network shop_default: stays as it is, since no deployment changes a network\n"
        "      + internal: true\n"
    )


def test_nothing_to_do(plan: Command) -> None:
    assert plan("-c", "old.yml", "--against", "old.yml") == (0, "stack shop: nothing to do, 5 untouched\n", "")


def test_verbose_shows_everything(plan: Command) -> None:
    _, out, _ = plan("-c", "old.yml", "--against", "old.yml", "-v")
    assert "  = secret shop_password\n" in out
    _, out, _ = plan("-c", "old.yml", "-v")
    assert "      + ports[8080/tcp]: target_port=80,published_port=8080\n" in out


def test_standard_input(plan: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(NEW))
    code, out, _ = plan("-c", "-", "--against", "old.yml")
    assert (code, out.splitlines()[0]) == (0, "stack shop: 3 to update, 1 untouched")
    code, _, err = plan("-c", "-", "--against", "-")
    assert code == 2
    assert "standard input can be read once" in err


def test_json(plan: Command) -> None:
    code, out, _ = plan("-c", "new.yml", "--against", "old.yml", "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["stack"], told["left_over"], told["refusal"]) == ("shop", ["shop_counter"], "")
    web = next(change for change in told["changes"] if change["name"] == "shop_web")
    assert (web["kind"], web["done"], web["recreated"]) == ("service", "updated", "all")
    assert {"key": "image", "old": "web:1", "new": "web:2"} in web["differences"]


def test_what_would_fail_half_way(plan: Command) -> None:
    Path("global.yml").write_text(OLD.replace('"db:1"', '"db:1", deploy: {mode: global}'))
    code, out, err = plan("-c", "global.yml", "--against", "old.yml")
    assert code == 1
    assert out.startswith("stack shop: nothing before it fails, ")
    assert err == "error: the deployment would fail: service shop_db: service mode change is not allowed\n"


def test_a_secret_never_gets_other_data(plan: Command) -> None:
    """The leader says so, who alone knows what is in it."""
    Path("leaked.yml").write_text(OLD.replace("content: old", "content: new"))
    code, out, err = plan("-c", "leaked.yml", "--against", "old.yml")
    assert (code, out) == (1, "stack shop: nothing before it fails, 1 untouched\n")
    refusal = (
        "failed to update secret 'shop_password': only updates to Labels are allowed; give other data another name"
    )
    assert err == f"error: the deployment would fail: {refusal}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "Missing option '--compose-file'"),
        ("-c nowhere.yml", "nowhere.yml: cannot be read: No such file or directory"),
        ("-c bad.yml shop", "bad.yml:1: services.web.imagine: unknown key 'imagine'; did you mean 'image'?"),
        ("-c unnamed.yml", "unnamed.yml:1: the stack has no name: give one, or write a top-level 'name'"),
        ("-c old.yml --against bad.yml", "bad.yml:1: services.web.imagine: unknown key"),
        ("-c old.yml sh*p", "'sh*p' cannot be a stack's name"),
    ],
)
def test_bad_input(plan: Command, arguments: str, message: str) -> None:
    Path("bad.yml").write_text("services: {web: {imagine: web}}")
    Path("unnamed.yml").write_text("services: {web: {image: web}}")
    code, out, err = plan(*arguments.split())
    assert (code, out) == (2, "")
    assert message in err


def test_variables_of_the_earlier_version(plan: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAG", "3")
    assert plan("-c", "new.yml", "--against", "new.yml").out == "stack shop: nothing to do, 4 untouched\n"
    _, out, _ = plan("-c", "new.yml", "--against", "new.yml", "--against-env", "TAG=1")
    assert "      ~ image: web:1 -> web:3\n" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--against new.yml --against-env TAG", "'TAG' is not NAME=VALUE"),
        ("--against-env TAG=1", "it is for the files of --against; name them"),
    ],
)
def test_variables_of_the_earlier_version_that_cannot_be_meant(plan: Command, arguments: str, message: str) -> None:
    code, out, err = plan("-c", "new.yml", *arguments.split())
    assert (code, out) == (2, "")
    assert message in err


def test_mistakes_in_standard_input_are_told_as_such(plan: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("services: {web: {image: 12}}"))
    assert plan("-c", "-", "shop") == (2, "", "error: <stdin>:1: services.web.image: expected text, not 12\n")


def test_a_bad_line_of_dot_env(plan: Command) -> None:
    Path(".env").write_text("TAG=1\nwhat is this\n")
    assert plan("-c", "new.yml") == (2, "", "error: .env:2: 'what is this' is not NAME=value\n")
