"""How the scenario language reads, by example."""

from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

from core.document import Value
from core.mistakes import DocumentError
from core.timing import MS, SECOND
from core.trials.faults import Link
from swarmsim.scenario.expectation_language import FORMS, read_expectation
from swarmsim.scenario.expectations import Claim, Running, Window
from swarmsim.scenario.loader import END_MARGIN_NS, load
from swarmsim.scenario.names import Names
from swarmsim.scenario.step_language import VERBS, read_step
from swarmsim.scenario.steps import (
    ACTIONS,
    Action,
    BreakCable,
    Bridge,
    Flap,
    Join,
    Kill,
    Loss,
    MuteRoutes,
    NarrowLink,
    OneWay,
    Scale,
    SlowRoutes,
    Step,
)
from swarmsim.scenario.target_language import HOSTS, TASKS
from swarmsim.scenario.targets import Group, Host, HostGroup, HostOf, HostTarget, Rack, Several, Some, TaskTarget
from swarmsim.scenario.words import BANDWIDTH, PERCENT, RATE, WINDOW, write_duration, write_percent
from swarmsim.yaml_source import parse

NAMES = Names(hosts=("m1", "m2", "m3", "w1"), joined_at_ns={"m4": 30 * SECOND}, racks=("a",), services=("shop_web",))


def value(text: str) -> Value:
    return parse("x.yaml", text).root


def step(text: str) -> Step:
    return read_step(value(text), NAMES, 3)


def test_every_action_has_its_verb_and_every_claim_its_form() -> None:
    assert {verb.action for verb in VERBS.values()} == set(ACTIONS)
    assert {form.claim for form in FORMS} == set(get_args(Claim))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("m1", Host("m1")),
        ("leader", Group(HostGroup.LEADER)),
        ("any host that is up", Group(HostGroup.UP)),
        ("{managers: 2, including: leader}", Some(2, HostGroup.MANAGERS, including=Group(HostGroup.LEADER))),
        ("{managers: 1, excluding: [leader, m2]}",
         Some(1, HostGroup.MANAGERS, excluding=Several((Group(HostGroup.LEADER), Host("m2"))))),
        ("{host-of: shop_web.1}", HostOf(TaskTarget("shop_web", slot=1))),
        ("[m1, workers]", Several((Host("m1"), Group(HostGroup.WORKERS)))),
    ],
)  # fmt: skip
def test_hosts(text: str, meant: HostTarget) -> None:
    assert HOSTS.read(value(text), NAMES) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("shop_web.2", TaskTarget("shop_web", slot=2)),
        ("shop_web.w1", TaskTarget("shop_web", host="w1")),
        ("shop_web", TaskTarget("shop_web")),
        ("{shop_web: 3}", TaskTarget("shop_web", count=3)),
    ],
)
def test_tasks(text: str, meant: TaskTarget) -> None:
    assert TASKS.read(value(text), NAMES) == meant


@pytest.mark.parametrize(
    ("names", "complaint"),
    [(NAMES, "there is no host 'w9'"), (replace(NAMES, most_replicas={"shop_web": 3}), "'w9' is not a slot")],
)
def test_only_a_global_service_has_a_task_by_the_name_of_a_host(names: Names, complaint: str) -> None:
    with pytest.raises(DocumentError, match=complaint):
        TASKS.read(value("shop_web.w9"), names)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("{at: 1s, kill: leader}", Kill(Group(HostGroup.LEADER))),
        ("{at: 1s, one-way: {from: m1, to: [m2, m3]}}", OneWay(Host("m1"), Several((Host("m2"), Host("m3"))))),
        ("{at: 1s, bridge: m2}", Bridge(Host("m2"))),
        ("{at: 1s, bridge: {over: m2, groups: [m1, m3]}}", Bridge(Host("m2"), (Host("m1"), Host("m3")))),
        ("{at: 1s, flap: [m1, m2], every: 500ms}", Flap(Link(Host("m1"), Host("m2")), 500 * MS)),
        ("{at: 1s, break-cable: {rack: a}}", BreakCable(Rack("a"))),
        ("{at: 1s, narrow-link: [m1, m2], bandwidth: 2Mbit/s}", NarrowLink(Link(Host("m1"), Host("m2")), 2_000_000)),
        ("{at: 1s, slow-routes: w1, latency: 2s}", SlowRoutes(Host("w1"), 2 * SECOND)),
        ("{at: 1s, mute-routes: w1}", MuteRoutes(Host("w1"))),
        ("{at: 1s, loss: 30%}", Loss(0.3)),
        ("{at: 1s, loss: 30%, on: [m1, m2]}", Loss(0.3, Link(Host("m1"), Host("m2")))),
        ("{at: 1s, scale: {shop_web: 5}}", Scale("shop_web", 5)),
        ("{at: 1s, join: {managers: 2}}", Join(manager_count=2)),
    ],
)
def test_steps(text: str, action: Action) -> None:
    assert step(text).action == action


def test_a_step_keeps_its_line_and_its_words() -> None:
    played = step("{at: 20s, kill: {managers: 2, including: leader}, for: 1m}")
    assert (played.at_ns, played.until_ns, played.line) == (20 * SECOND, 80 * SECOND, 3)
    assert played.text == "kill: {managers: 2, including: leader}"


def test_a_host_that_joins_may_be_named_from_then_on() -> None:
    assert step("{at: 30s, kill: m4}").action == Kill(Host("m4"))
    with pytest.raises(DocumentError, match=r"^kill: host 'm4' has not joined yet at that time$"):
        step("{at: 29s, kill: m4}")


def test_running_at_an_instant_is_a_window_without_length() -> None:
    claim = read_expectation(value("{at: 9s, running: {service: shop_web, at-least: 2}}"), NAMES, 1).claim
    assert claim == Running(Window(9 * SECOND, 9 * SECOND), "shop_web", 2)


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [(90 * SECOND, "90s"), (1500 * MS, "1500ms"), (250_000, "250us"), (7, "7ns"), (0, "0s"), (-5 * SECOND, "-5s")],
)
def test_durations_are_written_in_one_unit(duration_ns: int, text: str) -> None:
    assert write_duration(duration_ns) == text


def test_numbers_with_units() -> None:
    assert PERCENT.read(value("99.9%"), NAMES) == 0.999
    assert write_percent(0.999) == "99.9%"
    assert RATE.read(value("30/m"), NAMES) == 0.5
    assert BANDWIDTH.read(value("100Mbit/s"), NAMES) == 100_000_000
    assert WINDOW.read(value("20s..1m"), NAMES) == Window(20 * SECOND, 60 * SECOND)


def test_steps_are_played_in_order_of_time_and_the_end_follows_the_last(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(
        """
name: Two
cluster: {managers: 3, racks: 2}
timeline:
  - {at: 9s, restart: killed}
  - {at: 5s, kill: leader}
expect:
  - {after: 9s, leader: true, within: 3s}
"""
    )
    scenario = load(file)
    assert [step.at_ns for step in scenario.timeline] == [5 * SECOND, 9 * SECOND]
    assert [step.line for step in scenario.timeline] == [6, 5]
    assert scenario.end_ns == 12 * SECOND + END_MARGIN_NS
    assert [rack.hosts for rack in scenario.cluster.racks] == [("m1", "m3"), ("m2",)]
    assert scenario.text == file.read_text()
