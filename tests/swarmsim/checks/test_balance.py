"""Connections that are shared out, evenly or not: by hand, and by a simulated world that is led astray."""

from collections import Counter
from collections.abc import Sequence

import pytest
from fake_world import FakeWorld

from core.ids import TaskId
from core.mesh.balance import RoundRobin
from core.mesh.routes import Backend, RouteKey
from core.objects.port import PortConfig
from core.timing import SECOND
from swarmsim.checks.balance import EvenBalance
from swarmsim.checks.situations_of_services import ServiceSituations
from swarmsim.fuzz.small_stack import SMALL
from swarmsim.play import play_simulated
from swarmsim.recording import Ruling
from swarmsim.scenario.expectations import Always, Expectation, Sometimes
from swarmsim.scenario.plan import ClusterPlan, Scenario, StackPlan, TrafficPlan

WEB = ("service", "front", "web")
API = ("service", "front", "api")


def given(**counts: int) -> dict[TaskId, int]:
    return {TaskId(name): count for name, count in counts.items()}


def judged(*looks: dict[RouteKey, dict[TaskId, int]]) -> EvenBalance:
    world, check = FakeWorld("m1", "w1"), EvenBalance()
    for look in looks:
        world.given["w1"] = look
        check.sample(world)
    return check


@pytest.mark.parametrize(
    "looks",
    [
        [{}],
        [{WEB: given(a=1, b=0)}, {WEB: given(a=2, b=2)}],
        [{WEB: given(a=5)}],
        [{WEB: given(a=3, b=2, c=3), API: given(d=9, e=9)}],
        [{WEB: given(a=3, b=2)}, {WEB: given(a=0, b=0, c=1)}],
    ],
)
def test_backends_that_take_turns_are_good(looks: list[dict[RouteKey, dict[TaskId, int]]]) -> None:
    check = judged(*looks)
    assert check.violation is None
    assert check.checked_count == sum(map(len, looks))


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([{WEB: given(a=2, b=0)}], "w1 gave the backends of service web on network front 0 to 2 connections each"),
        ([{WEB: given(a=3, b=3, c=1)}], "1 to 3 connections"),
        ([{WEB: given(a=1, b=1)}, {WEB: given(a=1, b=1), API: given(d=7, e=9)}], "service api"),
    ],
)
def test_a_backend_that_is_preferred_is_found(looks: list[dict[RouteKey, dict[TaskId, int]]], expected: str) -> None:
    violation = judged(*looks).violation
    assert violation is not None
    assert expected in violation.detail


def test_backends_that_took_turns_are_counted_once_per_balancing_point() -> None:
    world, reached = FakeWorld("w1"), Counter[str]()
    situations = ServiceSituations(reached)
    looks = [given(a=1, b=2), given(a=2, b=2), given(a=9, b=8), given(a=0, b=0, c=1), given(a=2, b=2, c=3), given(a=9)]
    for look in looks:
        world.given["w1"] = {WEB: look}
        situations.sample(world)
    assert reached["backends-took-turns"] == 2


def the_first_always(
    turns: RoundRobin, service: RouteKey, backends: Sequence[Backend], published: PortConfig | None = None
) -> Backend | None:
    """A balancer that has forgotten whose turn it is."""
    return backends[0] if backends else None


@pytest.mark.parametrize("astray", [False, True])
def test_a_swarm_that_shares_out_unevenly_is_caught(astray: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if astray:
        monkeypatch.setattr(RoundRobin, "choose", the_first_always)
    stack = StackPlan("app", ("fuzz-stack.yml",), SMALL.read("app", ("fuzz-stack.yml",)))
    scenario = Scenario(
        name="even",
        purpose="",
        cluster=ClusterPlan(1, 1),
        images=SMALL.images,
        deploy=(stack,),
        traffic=(TrafficPlan("users", "app_web", 8080, 20.0),),
        expect=(Expectation(Always("even-balance")), Expectation(Sometimes("backends-took-turns"))),
        end_ns=15 * SECOND,
    )
    recording = play_simulated(scenario, seed=1)
    rulings = {verdict.ruling for verdict in recording.verdicts if "even-balance" in verdict.name}
    assert rulings == {Ruling.VIOLATED if astray else Ruling.HELD}
