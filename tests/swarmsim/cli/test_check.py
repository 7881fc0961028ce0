"""`swarmsim check`: what a file amounts to, and all that is wrong with it."""

from pathlib import Path

import pytest
from command_line import HOLDS, SMALL, Command, small


def test_check_tells_what_a_file_amounts_to(swarmsim: Command) -> None:
    Path("stack.yml").write_text("services: {web: {image: web, links: [db]}}")
    ended = swarmsim("check", small(), "stack.yml")
    assert ended.code == 0
    assert ended.out == (
        "small.yaml: ok: scenario 'Small': 1 host, 0 steps, 2 expectations, 2s long\n"
        "stack.yml: ok: Compose file: 1 service, 1 network, 0 secrets, 0 configs\n"
        "  warning: Ignoring unsupported options: links\n"
    )


def test_check_looks_at_every_file_before_it_gives_up(swarmsim: Command) -> None:
    Path("bad.yaml").write_text("name: Bad\ncluster: {managers: 3}\ntimeline:\n  - {at: 1s, kil: leader}\n")
    ended = swarmsim("check", "bad.yaml", "nowhere.yaml", small())
    assert ended.code == 2
    assert ended.err == (
        "bad.yaml:4: timeline[0].kil: unknown verb 'kil'; did you mean 'kill'?\n"
        "nowhere.yaml: cannot be read: No such file or directory\n"
    )
    assert ended.out.startswith("small.yaml: ok")


def test_check_tells_all_that_is_wrong_with_a_file(swarmsim: Command) -> None:
    Path("bad.yaml").write_text("name: x\ncluster: {managers: 0, worker: 2}\ntimeline: [{at: 5, kil: m1}]\n")
    ended = swarmsim("check", "bad.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert [line.partition(": ")[0] for line in ended.err.splitlines()] == ["bad.yaml:2", "bad.yaml:2", "bad.yaml:3"]
    assert swarmsim("run", "bad.yaml").err == "".join(f"error: {line}\n" for line in ended.err.splitlines())


@pytest.mark.parametrize("text", ["service: {web: {image: web}}", "networks: {a: }\nservics: {}", "version: '3'"])
def test_check_takes_a_file_for_what_most_of_its_keys_are_of(swarmsim: Command, text: str) -> None:
    Path("stack.yml").write_text(text)
    assert "cluster" not in swarmsim("check", "stack.yml").err


def test_check_merges_compose_files_if_asked_to(swarmsim: Command) -> None:
    Path("base.yml").write_text("services: {web: {image: web}}")
    Path("more.yml").write_text("services: {web: {ports: ['80:80']}, db: {image: db, port: 1}}")
    assert swarmsim("check", "base.yml").code == 0
    ended = swarmsim("check", "--merge", "base.yml", "more.yml")
    assert (ended.code, ended.err) == (2, "more.yml:1: services.db.port: unknown key 'port'; did you mean 'ports'?\n")
    Path("more.yml").write_text("services: {web: {ports: ['80:80']}, db: {image: db}}")
    ended = swarmsim("check", "--merge", "base.yml", "more.yml")
    assert ended.out == "base.yml + more.yml: ok: Compose file: 2 services, 1 network, 0 secrets, 0 configs\n"


def test_check_refuses_what_the_swarm_would_refuse(swarmsim: Command) -> None:
    job = "services: {once: {image: once, deploy: {mode: replicated-job, update_config: {delay: 1s}}}}"
    Path("job.yml").write_text(job)
    Path("x.yaml").write_text("name: x\ncluster: {managers: 1}\ndeploy: [{stack: {name: x, file: job.yml}}]\n")
    for file in ("job.yml", "x.yaml"):
        ended = swarmsim("check", file)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err == (
            "job.yml:1: services.once: the swarm would refuse it:"
            " job-mode services cannot have an update or rollback config\n"
        )


def test_check_tells_why_a_variable_is_not_set_in_a_scenario(swarmsim: Command) -> None:
    Path("stack.yml").write_text("services: {web: {image: web}}\nsecrets: {key: {environment: NOPE}}\n")
    Path("asking.yaml").write_text(f"{SMALL % ('', HOLDS)}deploy: [{{stack: {{name: shop, file: stack.yml}}}}]\n")
    ended = swarmsim("check", "asking.yaml")
    told = "secrets.key.environment: variable 'NOPE' is not set (scenarios have no variables)"
    assert (ended.code, ended.err) == (2, f"stack.yml:2: {told}\n")
