"""A table that lagged behind the store for long and caught up is counted, and nothing less."""

from collections import Counter

import pytest
from fake_world import FakeWorld, status

from core.ids import NetworkId, NodeId
from core.mesh.routes import Neighbour, RouteTable
from core.objects import Node
from core.objects.node import NodeSpec
from core.store import Create, Store, Transaction
from swarmsim.checks.situations_of_tables import LAG_NS, TableSituations
from swarmsim.fuzz.engine import FuzzReport, unreached
from swarmsim.fuzz.small_stack import SMALL
from swarmsim.play import play_simulated
from swarmsim.recording import Ruling
from swarmsim.scenario import steps
from swarmsim.scenario.expectations import Expectation, Sometimes
from swarmsim.scenario.plan import ClusterPlan, Scenario, StackPlan
from swarmsim.scenario.steps import Step
from swarmsim.scenario.targets import several
from swarmsim.world import Power


def table(version: int) -> RouteTable:
    """What version this table is of shows in its one record."""
    record = Neighbour(NetworkId("n"), f"10.0.0.{version}", NodeId("node-w1"), "198.18.0.1")
    return {record.key: record}


Look = tuple[int, int | None]
"""When, and of what version w1's table is then; None: it has no whole one."""
WANTED, OLD = 2, 1
LONG, SHORT = LAG_NS, LAG_NS - 1


class Lag:
    """m1 leads; w1's table is to be of version 2."""

    def __init__(self) -> None:
        self.world = FakeWorld("m1", "w1")
        self.world.statuses["m1"] = status("m1", leads=True)
        store = Store()
        store.apply(1, Transaction((Create(Node(NodeId("node-w1"), spec=NodeSpec(), version=1)),), size=1))
        self.world.stores["m1"] = store
        self.reached: Counter[str] = Counter()
        self.situations = TableSituations(self.reached, lambda store, node_id: table(WANTED))

    def look(self, at_ns: int, version: int | None) -> None:
        self.world.now_ns = at_ns
        self.world.routes = {} if version is None else {"w1": (version, table(version))}
        self.situations.sample(self.world)


@pytest.mark.parametrize(
    ("looks", "count"),
    [
        ([(0, OLD), (LONG, OLD), (LONG + 1, WANTED)], 1),
        ([(0, OLD), (SHORT, OLD), (LONG, None), (LONG + 1, WANTED)], 1),
        ([(0, OLD), (LONG, OLD), (2 * LONG, WANTED), (3 * LONG, OLD), (4 * LONG, OLD), (5 * LONG, WANTED)], 2),
        ([(0, OLD), (LONG, WANTED)], 0),  # nobody knows how it was between the looks
        ([(0, OLD), (SHORT, OLD), (3 * LONG, WANTED)], 0),
        ([(0, OLD), (SHORT, WANTED)], 0),
        ([(0, OLD), (LONG, OLD)], 0),  # it never catches up
        ([(0, None), (LONG, WANTED)], 0),  # it had none to be wrong
        ([(0, WANTED), (LONG, WANTED)], 0),
        ([(0, OLD), (1, WANTED), (LONG, OLD), (LONG + 1, WANTED)], 0),
    ],
)
def test_a_table_that_lagged_and_caught_up_counts(looks: list[Look], count: int) -> None:
    lag = Lag()
    for at_ns, version in looks:
        lag.look(at_ns, version)
    assert lag.reached["table-caught-up"] == count


def test_a_lag_from_before_the_story_or_from_before_a_loss_of_power_does_not_count() -> None:
    lag = Lag()
    lag.look(0, OLD)
    lag.situations.begin()
    lag.look(LONG, OLD)
    lag.look(2 * LONG - 1, WANTED)
    lag.look(2 * LONG, OLD)
    lag.world.statuses["w1"] = status("w1", power=Power.OFF)
    lag.look(3 * LONG, OLD)
    lag.world.statuses["w1"] = status("w1")
    lag.look(4 * LONG, OLD)
    lag.look(5 * LONG - 1, WANTED)
    assert lag.reached["table-caught-up"] == 0


def story(*timeline: Step) -> Scenario:
    stack = StackPlan("app", ("fuzz-stack.yml",), SMALL.read("app", ("fuzz-stack.yml",)))
    return Scenario(
        name="A table lags",
        purpose="",
        cluster=ClusterPlan(manager_count=1, worker_count=2),
        end_ns=20 * LAG_NS,
        images=SMALL.images,
        deploy=(stack,),
        timeline=(*timeline, Step(8 * LAG_NS, steps.Scale("app_web", 6)), Step(10 * LAG_NS, steps.Scale("app_web", 5))),
        expect=(Expectation(Sometimes("table-caught-up")),),
    )


def test_a_kernel_that_refuses_changes_for_a_while_makes_a_table_lag_and_catch_up() -> None:
    refusal = Step(7 * LAG_NS, steps.FailRoutes(several(["w1"])), until_ns=12 * LAG_NS)
    assert play_simulated(story(refusal), 1).verdicts[0].ruling is Ruling.HELD
    assert play_simulated(story(), 1).verdicts[0].ruling is not Ruling.HELD


@pytest.mark.parametrize(("profile", "wanted"), [("swarm", True), ("raft", False)])
def test_campaigns_with_services_have_to_reach_it(profile: str, wanted: bool) -> None:
    report = FuzzReport(profile, 1, 1, 0, 0, {}, {}, {}, None)
    assert ("table-caught-up" in unreached(report)) is wanted
