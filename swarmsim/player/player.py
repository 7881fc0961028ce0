"""Plays one scenario on one world, from forming the swarm to the last verdict.

Time 0 of the story is when every host is a ready member. From there stacks are deployed, writers and traffic started,
steps played when they are due, expectations judged. After the end nothing new is asked, and what is under way gets
time to be answered; then the checks look for the last time.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from msgspec import Struct

from core.timing import MS
from core.trials.clients import RequestSample, WriterSample
from swarmsim.checks.check import Check
from swarmsim.checks.situations import Situations
from swarmsim.checks.suite import full_suite
from swarmsim.checks.tables import Tables
from swarmsim.checks.watch import SAMPLE_NS, Watch
from swarmsim.player.clients import Clients
from swarmsim.player.continuity import Continuity
from swarmsim.player.convergence import missing
from swarmsim.player.conversations import deploy
from swarmsim.player.eventual import Eventually, eventually
from swarmsim.player.formation import Formation
from swarmsim.player.operator import Operator
from swarmsim.player.recorder import Recorder
from swarmsim.player.roster import Roster
from swarmsim.player.timeline import Timeline
from swarmsim.player.verdicts import Evidence, check_verdict, unplayed, verdict_of
from swarmsim.player.windows import LeaderHistory
from swarmsim.recording import Recording, TrafficRecord, Verdict, WriterRecord
from swarmsim.scenario.expectations import Always, Window
from swarmsim.scenario.plan import Scenario
from swarmsim.world import World, patience_ns

SLICE_NS = 250 * MS
SETTLE_NS = 500 * MS
"""Beyond the clients' patience: what was asked before the end is answered or given up by then."""
LOOK_NS = 50 * MS

SampleT = TypeVar("SampleT", RequestSample, WriterSample)
Progress = Callable[[int, int], None]
"""Told the story's time and its end, every so often."""


class Options(Struct, frozen=True):
    """How closely a run is watched; none of it changes what happens in it."""

    sample_ns: int = SAMPLE_NS
    stop_at_violation: bool = False
    record_facts: bool = True
    """Without: a recording without facts, for campaigns that only want verdicts."""


def play(
    world: World, scenario: Scenario, seed: int, options: Options | None = None, progress: Progress | None = None
) -> Recording:
    """The whole story; it ends early if the swarm does not form, or at a violation if that was asked for."""
    options = options or Options()
    watched = _Watched(world, options)
    operator = Operator(world)
    problem = _form(world, operator, scenario)
    story = _Story(world, scenario, watched, operator)
    if problem:
        story.problems.append(f"the swarm did not form: {problem}")
    else:
        story.begin()
        story.run(options.stop_at_violation, progress)
    watched.watch.finish()
    return story.recording(seed)


class _Watched:
    """Everything that looks on from the first instant."""

    def __init__(self, world: World, options: Options) -> None:
        self.situations = Situations()
        self.checks: tuple[Check, ...] = full_suite(world)
        self.watch = Watch(world, (*self.checks, self.situations), options.sample_ns)
        self.recorder = Recorder(world, facts=options.record_facts)


def _form(world: World, operator: Operator, scenario: Scenario) -> str:
    ended: list[str] = []
    Formation(world, operator, scenario.cluster, ended.append).begin()
    while not ended:
        world.run_until(world.now_ns + LOOK_NS)
    return ended[0]


class _Story:
    """From time 0, which is when this is made."""

    def __init__(self, world: World, scenario: Scenario, watched: _Watched, operator: Operator) -> None:
        self.problems: list[str] = []
        self._world = world
        self._scenario = scenario
        self._watched = watched
        self._operator = operator
        self._origin_ns = world.now_ns
        self._roster = Roster(world, world.random("roster"))
        self._clients = Clients(world, self._origin_ns, self._roster, watched.watch.tell)
        self._timeline = Timeline(world, self._origin_ns, self._roster, operator, self._clients.start_writer)
        self._leaders = LeaderHistory(world, self._origin_ns)
        self._tables = Tables(world)
        self._judges: list[Eventually | Continuity | None] | None = None
        watched.recorder.begin(self._origin_ns)
        watched.situations.begin()

    def begin(self) -> None:
        """Have everything happen that the scenario says."""
        scenario = self._scenario
        self._judges = [
            eventually(
                self._world,
                self._origin_ns,
                self._roster,
                self._operator,
                self._watched.recorder.census,
                expectation,
            )
            for expectation in scenario.expect
        ]
        for step in scenario.timeline:
            self._timeline.schedule(step)
        for writer in scenario.writers:
            self._at(writer.during, partial(self._clients.start_writer, writer))
        for traffic in scenario.traffic:
            if traffic.during is not None:
                self._at(traffic.during, partial(self._clients.start_traffic, traffic))
        self._deploy(0)

    def run(self, stop_at_violation: bool, progress: Progress | None) -> None:
        """Let it happen."""
        end_at = self._origin_ns + self._scenario.end_ns
        while self._world.now_ns < end_at:
            self._world.run_until(min(self._world.now_ns + SLICE_NS, end_at))
            if progress is not None:
                progress(self._world.now_ns - self._origin_ns, self._scenario.end_ns)
            if stop_at_violation and self._watched.watch.violations:
                self._clients.stop()
                return
        self._timeline.end()
        self._clients.stop()
        self._world.run_until(end_at + patience_ns(self._world.timing) + SETTLE_NS)

    def _at(self, window: Window | None, call: Callable[[], None]) -> None:
        self._world.call_at(self._origin_ns + (window.from_ns if window is not None else 0), call)

    def _deploy(self, number: int) -> None:
        """Deploy the stacks one after the other; traffic without a window of its own starts when all is there."""
        if number == len(self._scenario.deploy):
            self._start_traffic_once_converged()
            return
        plan = self._scenario.deploy[number]
        assert plan.stack is not None, f"{plan.files} were not loaded with the scenario"

        def deployed(problem: str) -> None:
            if problem:
                self.problems.append(f"stack {plan.name} was not deployed: {problem}")
            self._deploy(number + 1)

        self._operator.hold(deploy(plan.stack), deployed)

    def _start_traffic_once_converged(self) -> None:
        plans = [plan for plan in self._scenario.traffic if plan.during is None]
        if plans and missing(self._world, self._tables):
            self._world.call_at(self._world.now_ns + LOOK_NS, self._start_traffic_once_converged)
            return
        for plan in plans:
            self._clients.start_traffic(plan)

    def recording(self, seed: int) -> Recording:
        """All that is known now."""
        scenario, recorder, clients = self._scenario, self._watched.recorder, self._clients
        end_ns = min(scenario.end_ns, self._world.now_ns - self._origin_ns)
        return Recording(
            scenario=scenario.name,
            purpose=scenario.purpose,
            text=scenario.text,
            seed=seed,
            timing=scenario.cluster.timing,
            network=scenario.cluster.network,
            end_ns=end_ns,
            formed_ns=self._origin_ns,
            hosts=recorder.hosts(end_ns),
            faults=self._timeline.bands,
            facts=recorder.facts(end_ns),
            traffic=tuple(
                TrafficRecord(plan.name, plan.service, plan.port, plan.rate_per_s, in_order(requests))
                for plan in scenario.traffic
                if (requests := clients.requests.get(plan.name)) is not None
            ),
            writers=tuple(
                WriterRecord(plan.name, plan.rate_per_s, in_order(clients.operations[plan.name]))
                for plan in clients.writers
            ),
            messages=recorder.messages(),
            services=recorder.services,
            service_names=recorder.service_names,
            tables=recorder.tables,
            verdicts=self._verdicts(end_ns),
            situations=dict(self._watched.situations.counts),
            problems=(*self.problems, *self._timeline.problems),
            remarks=tuple(self._timeline.remarks),
        )

    def _verdicts(self, end_ns: int) -> tuple[Verdict, ...]:
        evidence = Evidence(
            self._origin_ns,
            end_ns,
            self._scenario.cluster.timing,
            self._watched.checks,
            self._watched.situations.counts,
            self._leaders,
            self._watched.recorder.services,
            self._clients.requests,
            self._clients.operations,
        )
        if self._judges is None:
            return tuple(unplayed(expectation) for expectation in self._scenario.expect)
        expected = [
            verdict_of(expectation, evidence, judge)
            for expectation, judge in zip(self._scenario.expect, self._judges, strict=True)
        ]
        named = {
            expectation.claim.check for expectation in self._scenario.expect if isinstance(expectation.claim, Always)
        }
        others = [check_verdict(check, self._origin_ns) for check in self._watched.checks if check.name not in named]
        return (*expected, *others)


def in_order(samples: Sequence[SampleT]) -> tuple[SampleT, ...]:
    """By the time they started; as they were taken if that is equal."""
    return tuple(sorted(samples, key=lambda sample: sample.started_at))
