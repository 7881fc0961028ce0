"""The cause that is given for a bad spell is one that the failed requests themselves name."""

import pytest
from msgspec.structs import replace
from told_recording import KILL, MS, TASK_1, container, fact, told_recording

from core.trials.clients import FailedCall, Failure, Outcome, RequestSample, Why
from swarmsim.recording import RecordedFact, Recording
from swarmsim.report.story import story_of
from swarmsim.report.summary import summarise


def other_task(service: str) -> tuple[RecordedFact, ...]:
    """A task of another service on m1, lost with it at 10 s and given up with it at 12 s."""
    task_id = f"task-of-{service}"
    moved = {"task_id": task_id, "service_id": f"svc-{service}", "slot": 1, "node_id": "node-m1", "state": "running"}
    phases = [replace(container(at, "m1", TASK_1, phase)) for at, phase in ((1_000, "healthy"), (10_000, "exited"))]
    for each in phases:
        each.data.update(task_id=task_id, service_name=service)
    return (
        fact(100, "m1", "task-moved", **moved, desired_state="running"),
        *phases,
        fact(12_000, "m1", "task-moved", **moved, desired_state="shutdown"),
    )


AT_M1 = Failure(Why.WITHOUT_POWER, "m1")
DB = FailedCall("shop_web", "db", Outcome.TIMEOUT)


def failing(failure: Failure, outcome: Outcome = Outcome.TIMEOUT, entry: str = "m2") -> Recording:
    """Every second request from 10 to 12 s fails so, beside lost tasks of `shop_web`, `shop_db` and `web`."""
    plain = told_recording()
    samples = tuple(
        RequestSample(each.started_at, each.latency_ns, outcome, entry, failure)
        if each.outcome is not Outcome.OK
        else each
        for each in plain.traffic[0].samples
    )
    facts = (*plain.facts, *other_task("shop_web"), *other_task("shop_db"), *other_task("shop_kv"))
    traffic = replace(plain.traffic[0], service="shop_web", samples=samples)
    return told_recording(traffic=(traffic,), facts=tuple(sorted(facts, key=lambda each: each.at_ns)))


def told(recording: Recording) -> str:
    return next(each.text for each in story_of(summarise(recording)) if each.topic == "Requests of voters")


@pytest.mark.parametrize(
    ("failure", "lost"),
    [
        (AT_M1, "shop_web.1"),
        (Failure(Why.BEING_SERVED, "m1", service="shop_web"), "shop_web.1"),
        (Failure(Why.UNREACHED, "m1", from_host="m3"), "shop_web.1"),
        (replace(AT_M1, calls=(DB,)), "shop_db.1"),
        (
            replace(
                AT_M1,
                calls=(
                    FailedCall("shop_web", "kv", Outcome.ERROR),
                    FailedCall("shop_kv", "shop_db", Outcome.TIMEOUT),
                ),
            ),
            "shop_db.1",
        ),
        (replace(AT_M1, calls=(FailedCall("shop_web", "tasks.db", Outcome.TIMEOUT),)), "shop_db.1"),
    ],
)
def test_only_tasks_of_the_service_that_was_called_last_are_blamed(failure: Failure, lost: str) -> None:
    text = told(failing(failure))
    assert (
        f"failed, since {lost} on m1 was gone and the swarm did not know it until 12.000 s, when it gave up m1" in text
    )


@pytest.mark.parametrize(
    "failure",
    [
        Failure(Why.WITHOUT_POWER, "m3"),
        Failure(Why.UNREACHED, "m3", from_host="m1"),
        Failure(Why.NO_BACKEND, "m1", service="shop_web"),
        Failure(Why.NO_WAY_BACK, "m1", address="10.0.0.2"),
        Failure(Why.ENTRY_WITHOUT_POWER, "m1"),
        replace(AT_M1, calls=(FailedCall("shop_web", "cache", Outcome.TIMEOUT),)),
    ],
)
def test_nothing_is_blamed_that_was_not_called_or_was_elsewhere_or_not_come_to(failure: Failure) -> None:
    assert "since" not in told(failing(failure))


def test_a_client_that_meets_a_dead_entry_does_not_blame_the_tasks_there() -> None:
    recording = failing(Failure(Why.ENTRY_WITHOUT_POWER, "m1"), entry="m1")
    assert "since" not in told(recording)
    assert "10 timed out (at its entry: m1 has no power)" in told(recording)


def test_every_reason_of_weight_is_told() -> None:
    plain = failing(AT_M1)
    failed = [index for index, each in enumerate(plain.traffic[0].samples) if each.outcome is not Outcome.OK]
    samples = list(plain.traffic[0].samples)
    for index, host in zip(failed, "aaaabbbccd", strict=True):
        samples[index] = replace(samples[index], failure=Failure(Why.BEING_SERVED, "m3", service=host))
    text = told(replace(plain, traffic=(replace(plain.traffic[0], samples=tuple(samples)),)))
    assert text.endswith(
        ", ".join(f"{count} timed out (being served by {name} on m3)" for count, name in ((4, "a"), (3, "b"), (2, "c")))
        + " and 1 timed out (being served by d on m3)."
    )


def test_a_request_that_was_under_way_when_its_cause_struck_is_said_to_have_been() -> None:
    plain = told_recording()
    early = RequestSample(9_996 * MS, 2_000 * MS, Outcome.TIMEOUT, "m2", AT_M1)
    samples = sorted((*plain.traffic[0].samples, early), key=lambda each: each.started_at)
    text = told(replace(plain, traffic=(replace(plain.traffic[0], samples=tuple(samples)),)))
    assert f"from 9.996 s (the first had been asked 4.0 ms before “{KILL}” and was still under way) to 11.900 s" in text


def test_a_service_that_a_table_knows_by_its_id_alone_is_told_by_name() -> None:
    lacking = failing(Failure(Why.NO_BACKEND, "m1", service="svc-1"))
    assert "m1 has no backend for svc-1" in told(lacking)
    assert "m1 has no backend for shop_db" in told(replace(lacking, service_names={"svc-1": "shop_db"}))


def test_the_task_of_a_global_service_has_one_name() -> None:
    plain = failing(AT_M1)
    facts = tuple(
        replace(each, data={**each.data, "slot": 0}) if each.data.get("task_id") == "task-of-shop_web" else each
        for each in plain.facts
    )
    text = told(replace(plain, facts=facts))
    assert "since shop_web.m1 was gone and the swarm did not know it" in text
