"""When a declared health check makes a container healthy or unhealthy."""

from typing import Any

import pytest
from msgspec.structs import replace
from simulated import order, phases, run_task, scripted_world, task

from core.effects import StopTask
from core.events import ContainerPhase
from core.ids import OperationId, TaskId
from core.objects.task import HealthCheck
from core.timing import MS, SECOND
from sim.container import Container
from sim.facts import ContainerChanged
from sim.images import Catalogue, Image
from sim.world import World, WorldConfig

WEB = TaskId("web.1")
P = ContainerPhase
PROBE_NS = 10 * MS


class Watched:
    """One container, and at what times after its start its health changed."""

    def __init__(self, healthy_after_ns: int = 0, probe_ns: int = PROBE_NS, **health: Any) -> None:
        image = Image("web", start_ns=MS, healthy_after_ns=healthy_after_ns, probe_ns=probe_ns)
        self.world: World = scripted_world("m1", config=WorldConfig(images=Catalogue((image,))))
        self.changes: list[tuple[int, ContainerPhase]] = []
        self.started_at = 0
        self.world.observer.on_fact(self._note)
        made = task("web.1", health=True)
        check = HealthCheck(("CMD", "probe"), **health)
        container = replace(made.spec.container, health=check)
        run_task(self.world, "m1", replace(made, spec=replace(made.spec, container=container)))

    def _note(self, seen: Any) -> None:
        if isinstance(seen.fact, ContainerChanged):
            if seen.fact.phase is P.STARTED:
                self.started_at = seen.at
            else:
                self.changes.append((seen.at - self.started_at, seen.fact.phase))

    def falls_ill(self, at_ns: int) -> None:
        self.world.run_until(self.started_at + at_ns)
        assert self.world.machine("m1").engine.become_unhealthy(WEB)

    def health(self, until_ns: int = 200 * SECOND) -> list[tuple[int, ContainerPhase]]:
        self.world.run_until(self.started_at + until_ns)
        return [change for change in self.changes if change[1] in (P.HEALTHY, P.UNHEALTHY)]

    def container(self) -> Container:
        container = self.world.machine("m1").engine.container(WEB)
        assert container is not None
        return container


def test_the_first_probe_comes_one_interval_after_the_start() -> None:
    assert Watched().health() == [(30 * SECOND + PROBE_NS, P.HEALTHY)]
    assert Watched(interval_ns=2 * SECOND).health() == [(2 * SECOND + PROBE_NS, P.HEALTHY)]


def test_in_the_start_period_the_start_interval_counts() -> None:
    assert Watched(start_period_ns=10 * SECOND).health() == [(5 * SECOND + PROBE_NS, P.HEALTHY)]
    quick = Watched(start_period_ns=10 * SECOND, start_interval_ns=SECOND, healthy_after_ns=2500 * MS)
    assert quick.health() == [(3 * SECOND + 3 * PROBE_NS, P.HEALTHY)]


def test_what_is_not_said_is_dockers_default() -> None:
    bare = Watched(interval_ns=0, timeout_ns=0, retries=0, start_interval_ns=0, healthy_after_ns=10**15)
    assert bare.health() == [(3 * (30 * SECOND + PROBE_NS), P.UNHEALTHY)]


def test_as_many_bad_probes_in_a_row_as_it_has_retries_make_it_unhealthy() -> None:
    bad = Watched(healthy_after_ns=10**15, interval_ns=SECOND, retries=4)
    assert bad.health() == [(4 * (SECOND + PROBE_NS), P.UNHEALTHY)]


def test_bad_probes_within_the_start_period_do_not_count() -> None:
    """Four begin within it; the fifth counts, and the sixth, which comes at the usual interval after it."""
    bad = Watched(
        healthy_after_ns=10**15, interval_ns=2 * SECOND, retries=2, start_period_ns=5 * SECOND, start_interval_ns=SECOND
    )
    assert bad.health() == [(5 * (SECOND + PROBE_NS) + 2 * SECOND + PROBE_NS, P.UNHEALTHY)]


def test_a_good_probe_ends_the_start_period() -> None:
    world = Watched(interval_ns=SECOND, retries=1, start_period_ns=100 * SECOND, start_interval_ns=200 * MS)
    world.falls_ill(500 * MS)
    assert world.health() == [(210 * MS, P.HEALTHY), (210 * MS + SECOND + PROBE_NS, P.UNHEALTHY)]


def test_a_probe_that_takes_longer_than_the_timeout_is_bad_and_over() -> None:
    slow = Watched(probe_ns=3 * SECOND, timeout_ns=SECOND, interval_ns=SECOND, retries=2)
    assert slow.health() == [(2 * (SECOND + SECOND), P.UNHEALTHY)]
    assert Watched(probe_ns=SECOND, timeout_ns=SECOND, interval_ns=SECOND).health() == [(2 * SECOND, P.HEALTHY)]


@pytest.mark.parametrize("ill_at", [1500 * MS, 57_300 * MS])
def test_one_that_falls_ill_is_probed_when_it_would_have_been(ill_at: int) -> None:
    """As if it had been probed every second all the while."""
    cadence_ns = SECOND + PROBE_NS
    watched = Watched(interval_ns=SECOND, retries=3)
    watched.falls_ill(ill_at)
    assert not watched.container().healthy, "it answers with errors at once"
    [(_, healthy), (unhealthy_at, unhealthy)] = watched.health()
    assert (healthy, unhealthy) == (P.HEALTHY, P.UNHEALTHY)
    first_bad = ill_at // cadence_ns + 1
    assert unhealthy_at == (first_bad + 2) * cadence_ns


def test_one_that_was_never_healthy_and_falls_ill_becomes_unhealthy() -> None:
    watched = Watched(interval_ns=SECOND, retries=2)
    watched.falls_ill(100 * MS)
    assert watched.health() == [(2 * (SECOND + PROBE_NS), P.UNHEALTHY)]


def test_a_container_that_has_ended_is_probed_no_more() -> None:
    watched = Watched(healthy_after_ns=10**15, interval_ns=SECOND, retries=3)
    order(watched.world, "m1", StopTask(OperationId(3), WEB, SECOND))
    assert watched.health() == []
    assert phases(watched.world, "m1", WEB)[-1] is P.EXITED


def test_without_a_health_check_illness_is_known_at_once() -> None:
    world = scripted_world("m1", config=WorldConfig(images=Catalogue((Image("web"),))))
    run_task(world, "m1", task("web.1"))
    assert world.machine("m1").engine.become_unhealthy(WEB)
    world.run_for(MS)
    assert phases(world, "m1", WEB)[-1] is P.UNHEALTHY
