"""The cause that is given for a bad spell is one that the failed requests themselves name."""

import pytest
from msgspec.structs import replace
from told_recording import KILL, MS, TASK_1, container, fact, told_recording

from core.trials.clients import Outcome, RequestSample
from swarmsim.recording import RecordedFact, Recording
from swarmsim.report.exchanges import clients_of
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


def failing(detail: str, outcome: Outcome = Outcome.TIMEOUT, entry: str = "m2") -> Recording:
    """Every second request from 10 to 12 s fails so, beside lost tasks of `shop_web`, `shop_db` and `web`."""
    plain = told_recording()
    samples = tuple(
        RequestSample(each.started_at, each.latency_ns, outcome, entry, detail)
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
    ("detail", "lost"),
    [
        ("m1 has no power", "shop_web.1"),
        ("being served by shop_web on m1", "shop_web.1"),
        ("shop_web calls db: timeout: m1 has no power", "shop_db.1"),
        ("shop_web calls kv: error: shop_kv calls shop_db: timeout: m1 has no power", "shop_db.1"),
        ("shop_web calls db:5432: timeout: m1 has no power", "shop_db.1"),
    ],
)
def test_only_tasks_of_the_service_that_was_called_last_are_blamed(detail: str, lost: str) -> None:
    text = told(failing(detail))
    assert (
        f"failed, since {lost} on m1 was gone and the swarm did not know it until 12.000 s, when it gave up m1" in text
    )


@pytest.mark.parametrize("detail", ["m3 has no power", "shop_web calls cache: timeout: m1 has no power"])
def test_nothing_is_blamed_that_was_not_called_or_was_elsewhere(detail: str) -> None:
    assert "since" not in told(failing(detail))


def test_a_client_that_meets_a_dead_entry_does_not_blame_the_tasks_there() -> None:
    recording = failing("m1 has no power", entry="m1")
    assert {each.detail for each in next(iter(list(clients_of(recording))[-1:])).exchanges} == {
        "",
        "at its entry: m1 has no power",
    }
    assert "since" not in told(recording)
    assert "10 timed out (at its entry: m1 has no power)" in told(recording)


def test_every_reason_of_weight_is_told() -> None:
    plain = failing("m1 has no power")
    failed = [index for index, each in enumerate(plain.traffic[0].samples) if each.outcome is not Outcome.OK]
    samples = list(plain.traffic[0].samples)
    for index, detail in zip(failed, ["a", "a", "a", "a", "b", "b", "b", "c", "c", "d"], strict=True):
        samples[index] = replace(samples[index], detail=detail)
    text = told(replace(plain, traffic=(replace(plain.traffic[0], samples=tuple(samples)),)))
    assert text.endswith("4 timed out (a), 3 timed out (b), 2 timed out (c) and 1 timed out (d).")


def test_a_request_that_was_under_way_when_its_cause_struck_is_said_to_have_been() -> None:
    plain = told_recording()
    early = RequestSample(9_996 * MS, 2_000 * MS, Outcome.TIMEOUT, "m2", "m1 has no power")
    samples = sorted((*plain.traffic[0].samples, early), key=lambda each: each.started_at)
    text = told(replace(plain, traffic=(replace(plain.traffic[0], samples=tuple(samples)),)))
    assert f"from 9.996 s (the first had been asked 4.0 ms before “{KILL}” and was still under way) to 11.900 s" in text
