"""The command line: exit codes, and what is printed where."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swarmsim.cli import directories, main, playing
from swarmsim.play import play_simulated
from swarmsim.recording import Recording
from swarmsim.scenario.plan import Scenario

SMALL = """\
name: Small
purpose: One manager, no trouble.
cluster: {managers: 1}
writers: [{name: operator, rate: 5/s}]
timeline: [%s]
expect:
  - {after: 0s, leader: true, within: 1s}
  - %s
end: 2s
"""
HOLDS = "{over: 0s..2s, writes: acknowledged}"
DOES_NOT = "{sometimes: split-vote}"


class Ended:
    """How a command ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


Command = Callable[..., Ended]


@pytest.fixture
def swarmsim(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Runs a command line in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Ended:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Ended(int(left.value.code or 0), captured.out, captured.err)

    return run


def small(expectation: str = HOLDS, step: str = "") -> str:
    """Writes a scenario that is over soon; its name."""
    Path("small.yaml").write_text(SMALL % (step, expectation))
    return "small.yaml"


# --- check


def test_check_tells_what_a_file_amounts_to(swarmsim: Command) -> None:
    Path("stack.yml").write_text("services: {web: {image: web, links: [db]}}")
    ended = swarmsim("check", small(), "stack.yml")
    assert ended.code == 0
    assert ended.out == (
        "small.yaml: ok: scenario 'Small': 1 host, 0 steps, 2 expectations, 2s long\n"
        "stack.yml: ok: Compose file: 1 service, 1 network, 0 secrets, 0 configs\n"
        "  warning: Ignoring unsupported options: links\n"
    )


@pytest.mark.parametrize(
    ("step", "note"),
    [
        ("partition: [leader, followers]", "w1, w2 are in no group and form one more"),
        ("partition: [[m1, w1], {managers: 2, excluding: m1}]", "w2 is in no group and forms one more"),
        ("partition: [{rack: a}, w1]", "m3, w2 are in no group and form one more"),
        ("bridge: {over: leader, groups: [m1, w1]}", "w2 is in no group and forms one more"),
        ("partition: [managers, workers]", ""),
        ("partition: [leader, any host that is up]", ""),
        ("bridge: m1", ""),
        ("isolate: leader", ""),
    ],
)
def test_check_notes_who_is_in_no_group_of_a_partition(swarmsim: Command, step: str, note: str) -> None:
    cluster = "{managers: 3, workers: 2, racks: {a: [m1, m2]}}"
    Path("a.yaml").write_text(f"name: A\ncluster: {cluster}\ntimeline:\n  - {{at: 1s, {step}}}\nend: 2s\n")
    ended = swarmsim("check", "a.yaml")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[1:] == ([f"  note: line 4: {step}: {note}"] if note else [])


def test_no_note_is_made_of_who_may_be_in_a_group_by_then(swarmsim: Command) -> None:
    steps = "[{at: 1s, promote: w1}, {at: 2s, partition: [leader, followers]}]"
    Path("a.yaml").write_text(f"name: A\ncluster: {{managers: 3, workers: 1}}\ntimeline: {steps}\nend: 3s\n")
    assert swarmsim("check", "a.yaml").out.count("\n") == 1


def test_an_even_number_of_managers_is_warned_of_before_and_after_it_is_played(swarmsim: Command) -> None:
    name = small()
    Path(name).write_text(Path(name).read_text().replace("managers: 1", "managers: 2"))
    warning = "cluster: 2 managers have no fault tolerance"
    assert f"\n  warning: {warning}" in swarmsim("check", name).out
    assert f"\n  warning   {warning}" in swarmsim("run", name, "--out", "out").out
    assert "2 managers have no fault tolerance" in Path("out/report.md").read_text()


@pytest.mark.parametrize(
    ("timing", "fence", "warned"),
    [("lan", "3s", ""), ("wan", "8s", ""), ("wan", "7s", "8s"), ("docker", "30s", "38s")],
)
def test_a_fence_shorter_than_a_change_of_leader_is_warned_of(
    swarmsim: Command, timing: str, fence: str, warned: str
) -> None:
    Path("s.yml").write_text(f"services: {{db: {{image: db, deploy: {{labels: {{swarmsim.fence: {fence}}}}}}}}}")
    deploy = "timeline:\n  - {at: 1s, deploy: {name: s, file: s.yml}}\n"
    Path("a.yaml").write_text(f"name: A\ncluster: {{managers: 1, timing: {timing}}}\n{deploy}end: 2s\n")
    ended = swarmsim("check", "a.yaml")
    assert ended.code == 0
    warnings = [line for line in ended.out.splitlines() if "warning" in line]
    expected = f"  warning: service s_db: swarmsim.fence {fence} is shorter than a change of leader may take "
    expected += f"under timing {timing}, {warned}: that would stop its tasks as well"
    assert warnings == ([expected] if warned else [])


STACK = "services: {web: {image: web, %s}}"
SETTING = "name: x\ncluster: {managers: 1}\ndeploy: [{stack: {name: x, file: old.yml}}]\n"


def warnings_of(swarmsim: Command, old: str, new: str, timeline: str) -> list[str]:
    """What `check` warns of when these keys of a service are deployed one after the other."""
    Path("old.yml").write_text(STACK % old)
    Path("new.yml").write_text(STACK % new)
    Path("x.yaml").write_text(f"{SETTING}timeline: [{timeline}]\n")
    ended = swarmsim("check", "x.yaml")
    assert ended.code == 0
    return [line.removeprefix("  warning: ") for line in ended.out.splitlines()[1:]]


@pytest.mark.parametrize(
    ("old", "new", "timeline", "told"),
    [
        (
            "deploy: {mode: global}",
            "deploy: {replicas: 2}",
            "{at: 5s, deploy: {name: x, file: new.yml}}",
            "deploy: {name: x, file: new.yml} at 5s would be refused: service x_web: service mode change is",
        ),
        (
            "deploy: {mode: global}",
            "",
            "{at: 5s, scale: {x_web: 2}}",
            "scale: {x_web: 2} at 5s would be refused: service mode change is not allowed",
        ),
        (
            "ports: ['80:80']",
            "ports: ['80:80']",
            "{at: 5s, deploy: {name: y, file: new.yml}}",
            "deploy: {name: y, file: new.yml} at 5s would be refused: service y_web: port '80' is already in use by",
        ),
    ],
)
def test_check_warns_of_what_would_be_refused(swarmsim: Command, old: str, new: str, timeline: str, told: str) -> None:
    [warning] = warnings_of(swarmsim, old, new, timeline)
    assert warning.startswith(f"line 4: {told}")
    removed_before = f"{{at: 3s, remove-service: x_web}}, {timeline}"
    assert warnings_of(swarmsim, old, new, removed_before) == []
    # A rollback may bring back whatever was before: from then on nobody can tell from the file alone.
    assert warnings_of(swarmsim, old, new, f"{{at: 3s, rollback: x_web}}, {timeline}") == []


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


def test_check_tells_what_a_stack_expects_to_find_and_what_it_asks_in_vain(swarmsim: Command) -> None:
    Path("stack.yml").write_text(
        "services: {web: {image: 'web:$TAG', secrets: [key]}}\nsecrets: {key: {external: true}}"
    )
    ended = swarmsim("check", "stack.yml")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[1:] == [
        "  warning: variable 'TAG' is not set, so it is empty",
        "  warning: secret 'key' is external: the swarm must have it already",
    ]


def test_check_tells_the_warnings_of_the_stacks_of_a_scenario(swarmsim: Command) -> None:
    placement = "deploy: {placement: {constraints: [node.rolle == worker]}}"
    Path("stack.yml").write_text(f"services: {{web: {{image: web, {placement}}}}}")
    Path("x.yaml").write_text("name: x\ncluster: {managers: 1}\ndeploy: [{stack: {name: x, file: stack.yml}}]\n")
    ended = swarmsim("check", "x.yaml")
    assert ended.code == 0
    assert ended.out.endswith(
        "\n  warning: stack.yml: services.web.deploy.placement.constraints[0]:"
        " no node will ever match 'node.rolle'; did you mean 'node.role'?\n"
    )


def test_check_tells_why_a_variable_is_not_set_in_a_scenario(swarmsim: Command) -> None:
    Path("stack.yml").write_text("services: {web: {image: web}}\nsecrets: {key: {environment: NOPE}}\n")
    Path("asking.yaml").write_text(f"{SMALL % ('', HOLDS)}deploy: [{{stack: {{name: shop, file: stack.yml}}}}]\n")
    ended = swarmsim("check", "asking.yaml")
    told = "secrets.key.environment: variable 'NOPE' is not set (scenarios have no variables)"
    assert (ended.code, ended.err) == (2, f"stack.yml:2: {told}\n")


# --- scenarios


def test_scenarios_are_listed_with_their_purpose(swarmsim: Command) -> None:
    Path("scenarios").mkdir()
    Path(small()).rename("scenarios/small.yaml")
    ended = swarmsim("scenarios")
    assert (ended.code, ended.out) == (0, "scenarios/small.yaml  Small\n    One manager, no trouble.\n")


def test_a_directory_without_scenarios_is_bad_input(swarmsim: Command) -> None:
    Path("empty").mkdir()
    ended = swarmsim("scenarios", "empty")
    assert (ended.code, ended.err) == (2, "error: empty: holds no scenario (*.yaml); name the directory that does\n")
    assert "nowhere: is not a directory" in swarmsim("scenarios", "nowhere").err


# --- run


def test_a_run_whose_expectations_held(swarmsim: Command) -> None:
    ended = swarmsim("run", small())
    assert ended.code == 0
    assert "  held      over: 0s..2s, writes: acknowledged: 10 of 10 acknowledged\n" in ended.out


def test_a_run_with_an_expectation_that_did_not_hold(swarmsim: Command) -> None:
    ended = swarmsim("run", small(DOES_NOT))
    assert ended.code == 1
    assert "  VIOLATED  sometimes: split-vote: reached 0 times\n" in ended.out
    assert "again: swarmsim run small.yaml --seed 1 -v" in ended.out


def test_a_run_that_could_not_be_played_as_written(swarmsim: Command) -> None:
    file = Path(small(step="{at: 1s, kill: {followers: 1}}"))
    file.write_text(file.read_text().replace("end: 2s", "end: 8s"))  # a step waits a while for its target
    ended = swarmsim("run", str(file))
    assert ended.code == 2
    assert "problem" in ended.out


def test_bad_input_is_found_before_anything_is_played(swarmsim: Command) -> None:
    ended = swarmsim("run", small(), "nowhere.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "error: nowhere.yaml: cannot be read: No such file or directory\n"


@pytest.mark.parametrize("seeds", ["1-4", "4..1", "a..b", f"1..{10**22}"])
def test_seeds_that_are_no_range(swarmsim: Command, seeds: str) -> None:
    ended = swarmsim("run", small(), "--seeds", seeds)
    assert ended.code == 2
    assert seeds in ended.err


def test_a_single_seed_is_a_range_of_one(swarmsim: Command) -> None:
    alone, ranged = (swarmsim("run", small(), "--seeds", seeds) for seeds in ("3", "3..3"))
    assert (alone.code, alone.out) == (0, ranged.out)
    assert "seed 3" in alone.out


def test_many_seeds_are_summed_up(swarmsim: Command) -> None:
    ended = swarmsim("run", small(DOES_NOT), "--seeds", "1..2")
    assert ended.code == 1
    assert ended.out.splitlines()[-2:] == [
        "  violated: 2 seeds, 2 violated (seeds 1, 2)",
        "for a report (HTML, Markdown, JSON), add --out DIR",
    ]
    assert "  seed 2: VIOLATED  sometimes: split-vote: reached 0 times\n" in ended.out


def test_quiet_says_nothing_of_what_held(swarmsim: Command) -> None:
    assert swarmsim("run", small(), "--quiet").out == ""
    assert "split-vote" in swarmsim("run", small(DOES_NOT), "--quiet").out


def test_verbose_shows_every_check(swarmsim: Command) -> None:
    assert "equal-digests" not in swarmsim("run", small()).out
    assert "equal-digests" in swarmsim("run", small(), "--verbose").out


def test_json_is_the_same_for_any_number_of_jobs(swarmsim: Command) -> None:
    one = swarmsim("run", small(), "--seeds", "1..2", "--json", "--jobs", "1")
    two = swarmsim("run", small(), "--seeds", "1..2", "--json", "--jobs", "2")
    [results] = json.loads(one.out)
    assert one.out == two.out
    assert (results["scenario"], results["ruling"]) == ("Small", "held")
    assert [seed["seed"] for seed in results["seeds"]] == [1, 2]


def test_a_report_is_written_where_asked(swarmsim: Command) -> None:
    ended = swarmsim("run", small(), "--out", "here")
    assert sorted(file.name for file in Path("here").iterdir()) == [
        "report.html",
        "report.json",
        "report.md",
        "run.json",
    ]
    assert ended.out.endswith("  report: here/report.html\n")


def test_each_of_several_scenarios_gets_a_report_of_its_own(swarmsim: Command) -> None:
    Path("other.yaml").write_text(Path(small()).read_text())
    swarmsim("run", "small.yaml", "other.yaml", "--out", "here")
    assert Path("here/small/report.json").exists()
    assert Path("here/other/report.json").exists()


def test_a_report_is_the_same_for_any_number_of_jobs(swarmsim: Command) -> None:
    swarmsim("run", small(), "--seeds", "1..2", "--out", "one", "--jobs", "1")
    swarmsim("run", small(), "--seeds", "1..2", "--out", "two", "--jobs", "2")
    assert Path("one/report.json").read_bytes() == Path("two/report.json").read_bytes()


def test_several_files_over_several_processes_give_the_same_reports_in_the_same_order(swarmsim: Command) -> None:
    Path("other.yaml").write_text(Path(small(DOES_NOT)).read_text().replace("name: Small", "name: Other"))
    small()
    for seeds in (["--seed", "1"], ["--seeds", "1..2"]):
        ended = [
            swarmsim("run", "other.yaml", "small.yaml", *seeds, "--out", out, "--jobs", jobs)
            for out, jobs in (("one", "1"), ("two", "2"))
        ]
        assert ended[0].out.replace("one/", "two/") == ended[1].out
        assert [each.code for each in ended] == [1, 1]
        for name in ("small", "other"):
            assert Path(f"one/{name}/report.json").read_bytes() == Path(f"two/{name}/report.json").read_bytes()
            assert json.loads(Path(f"two/{name}/run.json").read_text())["cpu_s"] > 0


def test_what_is_wrong_in_any_file_is_told_before_anything_is_played(swarmsim: Command) -> None:
    Path("bad.yaml").write_text("name: x")
    ended = swarmsim("run", "bad.yaml", small(), "nowhere.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        "error: bad.yaml:1: 'cluster' is missing",
        "error: nowhere.yaml: cannot be read: No such file or directory",
    ]


@pytest.mark.parametrize("command", [("run", "small.yaml"), ("fuzz", "--seeds", "1..1")])
@pytest.mark.parametrize("out", ["small.yaml", "small.yaml/deeper"])
def test_a_report_that_cannot_be_written_is_noticed_before_anything_is_played(
    swarmsim: Command, command: tuple[str, ...], out: str
) -> None:
    small()
    ended = swarmsim(*command, "--out", out)
    assert (ended.code, ended.out) == (2, "")
    assert "Invalid value for --out: small.yaml is not a directory; name another one" in ended.err


def test_a_directory_that_cannot_be_made_is_noticed_before_anything_is_played(
    swarmsim: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*, dir: Path) -> None:  # noqa: A002 - as the real one calls it
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr(directories, "TemporaryDirectory", refuse)
    ended = swarmsim("run", small(), "--out", "a/b")
    assert (ended.code, ended.out) == (2, "")
    assert "--out: nothing can be written to . (Permission denied); name a directory where you may" in ended.err
    assert "Errno" not in ended.err


def test_reports_of_files_with_the_same_name_are_refused_before_anything_is_played(swarmsim: Command) -> None:
    for folder in ("one", "two"):
        Path(folder).mkdir()
        Path(small()).rename(f"{folder}/loss.yaml")
    ended = swarmsim("run", "one/loss.yaml", "two/loss.yaml", "--out", "here")
    assert (ended.code, ended.out) == (2, "")
    assert "the reports of one/loss.yaml and two/loss.yaml would both lie in here/loss" in ended.err
    assert not Path("here").exists()
    assert swarmsim("run", "one/loss.yaml", "two/loss.yaml").code == 0, "without a report nothing is lost"


def test_a_report_of_a_file_named_twice_is_refused(swarmsim: Command) -> None:
    ended = swarmsim("run", small(), "small.yaml", "--out", "here")
    assert (ended.code, ended.out) == (2, "")
    assert "small.yaml is named twice" in ended.err


def test_an_interrupted_campaign_says_what_was_finished(swarmsim: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    play = play_simulated

    def interrupted(scenario: Scenario, seed: int, *rest: Any) -> Recording:
        if seed == 2:
            raise KeyboardInterrupt
        return play(scenario, seed, *rest)

    monkeypatch.setattr(playing, "play_simulated", interrupted)
    ended = swarmsim("run", small(DOES_NOT), "--seeds", "1..3")
    assert (ended.code, ended.out) == (130, "")
    assert ended.err == "Small: 1 of 3 seeds done: 1 violated (seed 1)\ninterrupted\n"


def test_scenarios_lists_those_that_can_be_read_and_tells_what_is_wrong_with_the_others(swarmsim: Command) -> None:
    Path("a-bad.yaml").write_text("name: x")
    small()
    ended = swarmsim("scenarios", ".")
    assert (ended.code, ended.out) == (2, "small.yaml  Small\n    One manager, no trouble.\n")
    assert ended.err == "error: a-bad.yaml:1: 'cluster' is missing\n"
    assert "small.yaml: is not a directory" in swarmsim("scenarios", "small.yaml").err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"# nothing else\n", "the file is empty"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"name: x\x00", "not YAML: unacceptable character #x0000"),
        (b"a: 1\n\tb: 2", "not YAML: found character '\\t' that cannot start any token"),
        (b"just text", "expected a scenario"),
        (b"&a [*a]", "the document refers to itself or is too large"),
    ],
)
@pytest.mark.parametrize("command", ["run", "check"])
def test_files_that_are_no_scenario_at_all(swarmsim: Command, command: str, content: bytes, message: str) -> None:
    Path("odd.yaml").write_bytes(content)
    ended = swarmsim(command, "odd.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1


def test_names_in_any_script_and_files_from_other_systems(swarmsim: Command) -> None:
    Path("odd.yaml").write_bytes("\ufeffname: Ünï 名前\r\ncluster: {managers: 1}\r\nend: 1s\r\n".encode())
    assert swarmsim("run", "odd.yaml").out.startswith("Ünï 名前 (odd.yaml)\n")


@pytest.mark.parametrize("options", [("--seed", "1", "--seeds", "1..2"), ("-q", "-v")])
def test_options_that_contradict_each_other_are_refused(swarmsim: Command, options: tuple[str, ...]) -> None:
    ended = swarmsim("run", small(), *options)
    assert (ended.code, ended.out) == (2, "")
    assert "exclude each other" in ended.err


def test_the_version_is_told(swarmsim: Command) -> None:
    ended = swarmsim("--version")
    assert ended.code == 0
    assert ended.out.startswith("swarmsim ")


# --- fuzz and the rest


def test_an_unknown_command_is_bad_input(swarmsim: Command) -> None:
    ended = swarmsim("chek")
    assert ended.code == 2
    assert "Did you mean 'check'?" in ended.err


@pytest.mark.parametrize("command", [[], ["run"], ["scenarios"], ["check"], ["fuzz"]])
def test_every_command_explains_itself(swarmsim: Command, command: list[str]) -> None:
    ended = swarmsim(*command, "--help")
    assert ended.code == 0
    assert "Usage: " in ended.out
