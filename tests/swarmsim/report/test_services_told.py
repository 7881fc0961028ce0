"""What is told of services beside who was short: their updates, their jobs, and what tasks waited for."""

from typing import Any

import pytest
from told_recording import MS, TASK_1, fact, task, told_recording

from swarmsim.campaign import SeedResult
from swarmsim.recording import RecordedFact, Ruling, ServicePoint, Verdict
from swarmsim.report.key_figures import key_figures
from swarmsim.report.markdown import markdown_of
from swarmsim.report.page import html_of
from swarmsim.report.report import report_of
from swarmsim.report.story import story_of
from swarmsim.report.summary import RunSummary, summarise
from swarmsim.report.tables import verdict_table
from swarmsim.report.tables_of_services import job_table, service_table, update_table, waiting_table
from swarmsim.scenario.plan import ClusterPlan, Scenario

PAUSED = f"update paused due to failure or early termination of task {TASK_1}: unhealthy container"


def run_with(*facts: RecordedFact, **changes: Any) -> RunSummary:
    own = told_recording().facts
    together = tuple(sorted((*own, *facts), key=lambda each: each.at_ns))
    return summarise(told_recording(facts=together, service_names={"svc-1": "web"}, **changes))


def moved(at_ms: int, state: str | None, message: str = "", image: str = "web:2") -> RecordedFact:
    return fact(at_ms, "m3", "update-moved", service_id="svc-1", state=state, message=message, image=image)


def told(run: RunSummary, topic: str) -> str:
    return next((each.text for each in story_of(run) if each.topic == topic), "")


def test_an_update_is_told_with_all_it_went_through_and_the_task_that_failed() -> None:
    run = run_with(
        moved(14_000, "updating", "update in progress"),
        moved(16_000, "paused", PAUSED),
        moved(20_000, "rollback_started", "manually requested rollback", "web:1"),
        moved(22_500, "rollback_completed", "rollback completed", "web:1"),
    )
    assert update_table(run).rows == (
        (
            "web",
            "web:2",
            "14.000 s",
            "22.500 s",
            "8.50 s",
            "updating, paused at 16.000 s, rollback started at 20.000 s, rollback completed at 22.500 s",
            f"{PAUSED.replace(f'task {TASK_1}', 'web.1 on m1')}; manually requested rollback",
        ),
    )
    assert told(run, "Updates") == (
        "The update of web to web:2 began at 14.000 s, was paused at 16.000 s due to failure or early termination of "
        "web.1 on m1: unhealthy container, was turned into a rollback at 20.000 s and was rolled back in full at "
        "22.500 s."
    )


def test_an_update_that_is_replaced_ends_and_one_that_is_not_over_goes_on_to_the_end() -> None:
    run = run_with(moved(14_000, "updating"), moved(15_000, None), moved(16_000, "updating", image="web:3"))
    assert [(each.image, each.from_ns // MS, each.to_ns // MS, each.ended) for each in run.updates] == [
        ("web:2", 14_000, 15_000, True),
        ("web:3", 16_000, 30_000, False),
    ]
    assert told(run, "Updates") == (
        "The update of web to web:2 began at 14.000 s and gave way to another declaration at 15.000 s. "
        "The update of web to web:3 began at 16.000 s and was not over to the end of the run."
    )


def test_a_task_that_failed_is_told_where_no_state_tells_of_it() -> None:
    """A rollback with nothing to go back on is over as it begins, so that nothing is said of why."""
    failed = fact(
        15_000,
        "m3",
        "task-moved",
        task_id="task-9",
        service_id="svc-1",
        slot=2,
        node_id="node-m2",
        state="failed",
        desired_state="shutdown",
        err="task: non-zero exit (1)",
    )
    run = run_with(
        task(14_100, "task-9", 2, "m2", "starting"),
        moved(14_000, "updating"),
        failed,
        moved(16_000, "rollback_completed", "rollback completed"),
    )
    assert update_table(run).rows[0][-1] == "1 task failed, web.2 on m2: task: non-zero exit (1)"
    assert told(run, "Updates").endswith("at 16.000 s (1 task failed, web.2 on m2: task: non-zero exit (1)).")


def job(at_ms: int, running: int, iteration: int = 0) -> ServicePoint:
    return ServicePoint(at_ms * MS, "batch", 3, running, iteration)


def test_each_execution_of_a_job_is_told_and_it_is_never_short() -> None:
    points = (job(0, 0), job(1_000, 2), job(4_000, 3), job(10_000, 1), job(20_000, 0, 1), job(25_000, 2, 1))
    run = run_with(services=points)
    assert job_table(run).rows == (("batch", "0.000 s", "3 of 3", "4.000 s"), ("batch", "20.000 s", "2 of 3", "never"))
    assert told(run, "Jobs") == (
        "batch, executed from 0.000 s, had completed all 3 tasks 4.00 s later. "
        "batch, executed from 20.000 s, completed 2 of 3 tasks."
    )
    assert [each.shortages for each in run.replicas] == [()]
    assert service_table(run).rows == ()


def pending(at_ms: int, task_id: str, reason: str) -> RecordedFact:
    return fact(at_ms, "m3", "task-pending", task_id=task_id, reason=reason)


def test_what_tasks_without_a_node_wait_for_is_told_together() -> None:
    reason = "no suitable node (scheduling constraints not satisfied on 3 nodes)"
    run = run_with(
        *(task(14_000, f"task-{each}", each, "", "pending") for each in (7, 8)),
        *(pending(14_100, f"task-{each}", reason) for each in (7, 8)),
        task(18_000, "task-7", 7, "m2", "assigned"),
        fact(19_000, "m3", "task-removed", task_id="task-8"),
    )
    assert waiting_table(run).rows == (("web.7 and web.8", "14.100 s", "19.000 s", "4.90 s", reason),)
    assert f"web.7 and web.8 waited from 14.100 s until 19.000 s: {reason}." in told(run, "Tasks")


@pytest.mark.parametrize(("fenced", "down", "count"), [(True, True, 1), (False, True, 0), (True, False, 0)])
def test_a_task_that_waits_for_the_fence_of_the_one_before_it_is_told(fenced: bool, down: bool, count: int) -> None:
    def predecessor(at_ms: int, state: str, desired: str) -> RecordedFact:
        told = task(at_ms, "task-8", 5, "m2", state, desired)
        return RecordedFact(told.at_ns, told.host, told.kind, {**told.data, "fenced": fenced})

    run = run_with(
        predecessor(13_500, "running", "running"),
        *([fact(14_000, "m3", "node-state-changed", node_id="node-m2", state="down")] if down else []),
        predecessor(14_000, "running", "shutdown"),
        task(14_000, "task-9", 5, "", "new", "ready"),
        task(14_200, "task-9", 5, "m1", "ready", "ready"),
        predecessor(24_000, "orphaned", "shutdown"),
        task(24_100, "task-9", 5, "m1", "ready", "running"),
    )
    reason = "waits for the fence of its predecessor on m2"
    assert waiting_table(run).rows == (("web.5", "14.000 s", "24.000 s", "10 s", reason),) * count


def test_a_service_that_never_had_all_its_tasks_is_not_told_as_fine() -> None:
    run = run_with(services=(ServicePoint(200 * MS, "web", 2, 0), ServicePoint(1_000 * MS, "web", 2, 1)))
    assert service_table(run).rows == (("web", "never", "always", "–", "–"),)
    tasks = told(run, "Tasks")
    assert "web never had all its tasks: 1 of 2 at best." in tasks
    assert "No service was ever short" not in tasks


@pytest.mark.parametrize(
    ("points", "told_as"),
    [
        (((1_000, 2), (10_000, 1), (10_000, 2)), "No service was ever short of tasks."),
        (((1_000, 2), (10_000, 1), (10_020, 2)), "left web short of tasks; all ran again 20 ms later."),
    ],
)
def test_a_shortage_of_no_length_is_none_and_of_a_moment_is_not_summed_to_0(
    points: tuple[tuple[int, int], ...], told_as: str
) -> None:
    run = run_with(services=tuple(ServicePoint(at_ms * MS, "web", 2, running) for at_ms, running in points))
    tasks = told(run, "Tasks")
    assert told_as in tasks
    assert "0.0 replica-seconds" not in tasks
    assert all(value != "0 s" for value, _, _ in key_figures(run))


def test_checks_that_had_nothing_to_check_are_not_counted_among_those_that_held() -> None:
    own = told_recording()
    idle = Verdict("always: one-task-per-slot", Ruling.HELD, "there was nothing to check", 0)
    run = run_with(verdicts=(*own.verdicts, idle))
    assert ("2 / 2", "expectations and checks held", "403 looks; 1 more check had nothing to check") in key_figures(run)
    assert told(run, "Verdict") == (
        "All 2 expectations and checks held, over 403 single looks. 1 more check had nothing to check."
    )
    assert verdict_table(run).rows[-1][:2] == ("–", "always: one-task-per-slot")


def test_the_renderings_have_all_of_it() -> None:
    run = run_with(
        moved(14_000, "updating"),
        pending(10, TASK_1, "no suitable node"),
        services=(*told_recording().services, job(0, 3)),
    )
    scenario = Scenario("Told", "By hand.", ClusterPlan(3), 30_000 * MS, file="told.yaml", text="name: Told\n")
    report = report_of(scenario, [SeedResult(run.seed, run)], "1.2.3")
    for text in (markdown_of(report), html_of(report)):
        assert "Updates and rollbacks" in text
        assert "web:2" in text
        assert "tasks completed" in text
    assert "web to web:2: updating, 14.000 s to 30.000 s" in html_of(report)  # in the timeline
    assert "batch: 3 of 3 completed" in html_of(report)
