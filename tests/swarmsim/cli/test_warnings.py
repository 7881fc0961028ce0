"""`swarmsim check`: what it warns of and notes in files that can be used."""

from pathlib import Path

import pytest
from command_line import Command, small


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


def test_check_tells_what_a_stack_expects_to_find_and_what_it_asks_in_vain(swarmsim: Command) -> None:
    Path("stack.yml").write_text(
        "services: {web: {image: 'web$TAG', secrets: [key]}}\nsecrets: {key: {external: true}}"
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
