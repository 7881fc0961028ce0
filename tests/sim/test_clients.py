"""Clients note every request and operation exactly once, and conclude no more than they were told."""

from typing import Any

import pytest
from simulated import any_host_with_power, host_of, scripted_world

from core.effects import Effect
from core.events import Event, Requested
from core.operations import CreateConfig, ErrorCode, Inspect, OperationError
from core.raft.effects import Applied, OutcomeUnknown, Refused, Reply
from core.raft.events import Cancelled
from core.raft.machine import Rejected
from core.timing import MS, SECOND
from core.trials.clients import Failure, Outcome, RequestSample, Why, WriteOutcome, WriterSample
from sim.traffic import TrafficClient
from sim.world import World
from sim.writers import ConfigWriter

MISSING = OperationError(ErrorCode.NOT_FOUND, "config c-1 not found")
TAKEN = OperationError(ErrorCode.ALREADY_EXISTS, "it exists")


def traffic(world: World, rate_per_s: float, host: str | None = "m1", **settings: Any) -> list[RequestSample]:
    samples: list[RequestSample] = []
    TrafficClient(world, 8080, rate_per_s, lambda: host, samples.append, **settings)
    return samples


def write(world: World, rate_per_s: float = 1, host: str | None = "m1", **settings: Any) -> list[WriterSample]:
    samples: list[WriterSample] = []
    ConfigWriter(world, "c", world.random("c"), lambda: host, samples.append, rate_per_s, **settings)
    return samples


def answering(world: World, result: Any) -> None:
    """Have m1 answer every request with this."""

    def script(now: int, event: Event) -> list[Effect]:
        return [Reply(event.ticket, result)] if isinstance(event, Requested) else []

    host_of(world, "m1").script = script


def test_requests_are_sent_evenly_from_the_first_instant() -> None:
    world = scripted_world("m1")
    samples = traffic(world, 4)
    world.run_for(2 * SECOND - 1)
    assert [sample.started_at for sample in samples] == [number * 250 * MS for number in range(8)]
    assert {(sample.outcome, sample.host) for sample in samples} == {(Outcome.REFUSED, "m1")}
    assert {sample.latency_ns for sample in samples} == {400_000}


def test_a_request_that_gets_no_answer_times_out_once() -> None:
    world = scripted_world("m1")
    world.kill("m1")
    samples = traffic(world, 1, timeout_ns=1500 * MS)
    world.run_for(1499 * MS)
    assert samples == []
    world.run_for(10 * SECOND)
    assert samples[0] == RequestSample(0, 1500 * MS, Outcome.TIMEOUT, "m1", Failure(Why.ENTRY_WITHOUT_POWER, "m1"))
    assert len(samples) == 10


def test_without_any_host_a_request_is_refused() -> None:
    world = scripted_world("m1")
    samples = traffic(world, 1, host=None)
    assert samples == [RequestSample(0, 0, Outcome.REFUSED, "", Failure(Why.NO_HOST_UP))]


def test_clients_enter_at_hosts_with_power_only() -> None:
    world = scripted_world("m1", "m2", "m3")
    world.kill("m2")
    choose = any_host_with_power(world, world.random("entry"))
    assert {choose() for _ in range(50)} == {"m1", "m3"}
    world.kill("m1")
    world.kill("m3")
    assert choose() is None


def test_a_client_that_is_stopped_sends_no_more() -> None:
    world = scripted_world("m1")
    samples: list[RequestSample] = []
    client = TrafficClient(world, 8080, 10, lambda: "m1", samples.append)
    world.call_at(SECOND, client.stop)
    world.run_for(10 * SECOND)
    assert len(samples) in (10, 11)


def test_a_rate_must_be_positive() -> None:
    with pytest.raises(ValueError, match="a rate of 0 requests per second"):
        traffic(scripted_world("m1"), 0)


@pytest.mark.parametrize(
    ("result", "outcome", "index", "present"),
    [
        (Applied(7, "id"), WriteOutcome.ACKNOWLEDGED, 7, True),
        (Applied(7, TAKEN), WriteOutcome.REJECTED, 7, False),
        (Rejected(TAKEN), WriteOutcome.REJECTED, 0, False),
        (Refused("no leader"), WriteOutcome.REFUSED, 0, False),
        (Rejected(OperationError(ErrorCode.UNAVAILABLE, "no manager")), WriteOutcome.REFUSED, 0, False),
        (OutcomeUnknown("it died"), WriteOutcome.UNKNOWN, 0, False),
    ],
)
def test_what_a_writer_concludes(result: Any, outcome: WriteOutcome, index: int, present: bool) -> None:
    world = scripted_world("m1")
    answering(world, result)
    samples = write(world)
    world.run_for(SECOND // 2)
    (sample,) = samples
    assert (sample.kind, sample.key, sample.outcome, sample.index, sample.present) == (
        "write", "c-1", outcome, index, present,
    )  # fmt: skip
    assert sample.started_at < sample.ended_at < MS


@pytest.mark.parametrize(
    ("result", "present"),
    [(Applied(7, "the config"), True), (Applied(7, MISSING), False), (Rejected(MISSING), False)],
)
def test_a_read_answers_whether_the_name_is_there(result: Any, present: bool) -> None:
    world = scripted_world("m1")
    answering(world, result)
    samples = write(world, read_rate_per_s=1)
    world.run_for(SECOND // 2)
    (read,) = [sample for sample in samples if sample.kind == "read"]
    assert (read.key, read.outcome, read.present) == ("c-1", WriteOutcome.ACKNOWLEDGED, present)


def test_every_name_is_written_once_and_reads_are_of_names_begun_before() -> None:
    world = scripted_world("m1")
    write(world, 5, read_rate_per_s=5)
    world.run_for(3 * SECOND)
    written: list[str] = []
    for event in sorted(host_of(world, "m1").events(Requested), key=lambda event: int(event.ticket)):
        if isinstance(event.operation, CreateConfig):
            written.append(event.operation.spec.name)
        else:
            assert isinstance(event.operation, Inspect)
            assert event.operation.reference in written
    assert len(written) == len(set(written)) >= 15


def test_a_writer_that_gives_up_does_not_know_and_cancels() -> None:
    world = scripted_world("m1")
    samples = write(world, timeout_ns=500 * MS)
    world.run_for(900 * MS)
    (sample,) = samples
    assert (sample.outcome, sample.ended_at, sample.detail) == (
        WriteOutcome.UNKNOWN, 500 * MS, "no answer in time",
    )  # fmt: skip
    assert len(host_of(world, "m1").events(Cancelled)) == 1


def test_a_writer_whose_host_dies_does_not_know_and_one_without_a_host_does() -> None:
    world = scripted_world("m1")
    samples = write(world)
    world.run_for(MS)
    world.kill("m1")
    world.run_for(SECOND)
    assert [sample.outcome for sample in samples] == [WriteOutcome.UNKNOWN, WriteOutcome.REFUSED]
    assert write(world, host=None)[0].outcome is WriteOutcome.REFUSED
