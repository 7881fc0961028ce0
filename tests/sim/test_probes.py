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
        assert self.world.machine("m1").engine.tasks.become_unhealthy(WEB)

    def health(self, until_ns: int = 200 * SECOND) -> list[tuple[int, ContainerPhase]]:
        self.world.run_until(self.started_at + until_ns)
        return [change for change in self.changes if change[1] in (P.HEALTHY, P.UNHEALTHY)]

    def container(self) -> Container:
        container = self.world.machine("m1").engine.tasks.container(WEB)
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
    assert world.machine("m1").engine.tasks.become_unhealthy(WEB)
    world.run_for(MS)
    assert phases(world, "m1", WEB)[-1] is P.UNHEALTHY


# --- tests that are really run


class Checked:
    """A container of an image that does as it is told, with a health check, and when its health changed."""

    def __init__(self, *test: str, image: Image | None = None, **health: Any) -> None:
        made = image or Image("web", start_ns=MS, port=80, runs_commands=True)
        self.world: World = scripted_world("m1", config=WorldConfig(images=Catalogue((made,))))
        self.changes: list[tuple[int, ContainerPhase]] = []
        self.world.observer.on_fact(self._note)
        check = HealthCheck(test, interval_ns=SECOND, **health)
        run_task(self.world, "m1", task("web.1", check=check))
        [self.container] = self.world.containers("m1")

    def _note(self, seen: Any) -> None:
        if isinstance(seen.fact, ContainerChanged):
            self.changes.append((seen.at, seen.fact.phase))

    def health(self, duration_ns: int = 20 * SECOND) -> list[tuple[int, ContainerPhase]]:
        """Its changes after the start, in nanoseconds from then."""
        self.world.run_for(duration_ns)
        started_at = next(at for at, phase in self.changes if phase is P.STARTED)
        return [(at - started_at, phase) for at, phase in self.changes if phase in (P.HEALTHY, P.UNHEALTHY)]


@pytest.mark.parametrize(
    ("test", "good"),
    [
        (("CMD", "true"), True),
        (("CMD", "false"), False),
        (("CMD-SHELL", "cat /etc/hostname"), True),
        (("CMD-SHELL", "cat /ready"), False),
        (("CMD-SHELL", "cat /ready || exit 0"), True),
        (("CMD", "curl", "-f", "http://localhost/"), True),
        (("CMD-SHELL", "curl -f http://localhost:81/ || exit 1"), False),
        (("CMD-SHELL", "wget -qO- http://127.0.0.1 && sleep 0.5"), True),
    ],
)
def test_a_container_is_as_healthy_as_what_its_test_runs(test: tuple[str, ...], good: bool) -> None:
    tested = Checked(*test, retries=3)
    [(at, phase), *_] = tested.health()
    assert phase is (P.HEALTHY if good else P.UNHEALTHY)
    assert SECOND <= at < 2 * SECOND if good else 3 * SECOND <= at < 4 * SECOND


def test_a_test_that_lasts_longer_than_the_timeout_is_bad_and_over() -> None:
    slow = Checked("CMD", "sleep", "100", timeout_ns=500 * MS, retries=2)
    assert slow.health() == [(3 * SECOND, P.UNHEALTHY)]
    assert len(slow.container.execs) <= 1, "those that are over are gone"


def test_a_container_that_is_ill_fails_whatever_its_test_says_and_recovers_with_its_file() -> None:
    tested = Checked("CMD", "cat", "/ready", retries=1)
    assert [phase for _, phase in tested.health(5 * SECOND)] == [P.UNHEALTHY]
    tested.container.files["/ready"] = b""
    assert [phase for _, phase in tested.health(5 * SECOND)] == [P.UNHEALTHY, P.HEALTHY]
    assert tested.world.machine("m1").engine.tasks.become_unhealthy(WEB)
    assert [phase for _, phase in tested.health(5 * SECOND)] == [P.UNHEALTHY, P.HEALTHY, P.UNHEALTHY]


@pytest.mark.parametrize(
    ("test", "runs_commands"),
    [(("CMD", "probe"), True), (("CMD-SHELL", "probe || false"), True), (("CMD", "false"), False)],
)
def test_otherwise_the_image_says_how_a_test_ends(test: tuple[str, ...], runs_commands: bool) -> None:
    image = Image("web", start_ns=MS, healthy_after_ns=1500 * MS, probe_ns=PROBE_NS, runs_commands=runs_commands)
    assert Checked(*test, image=image).health() == [(2 * (SECOND + PROBE_NS), P.HEALTHY)]
