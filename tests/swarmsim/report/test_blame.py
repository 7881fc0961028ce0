"""Only faults and steps that can have to do with what failed are named beside it."""

import pytest
from msgspec.structs import replace
from told_recording import MS, told_recording

from core.trials.clients import Failure, Outcome, Why, WriteOutcome
from swarmsim.recording import FaultBand, HostRecord, Recording
from swarmsim.report.story import story_of
from swarmsim.report.summary import summarise

WORKERS = tuple(HostRecord(name, "", "worker", f"{name}:1", (f"node-{name}",), ()) for name in ("w1", "w2"))


def one_lost_write(*faults: FaultBand, asked_at_ms: int = 25_100) -> Recording:
    """m2 is asked for one write, with an unknown outcome, 300 ms long; m3 leads."""
    plain = told_recording()
    writer = plain.writers[0]
    samples = tuple(
        replace(each, outcome=WriteOutcome.UNKNOWN, ended_at=each.ended_at + 300 * MS, detail="m2 left")
        if each.started_at == asked_at_ms * MS
        else each
        for each in writer.samples
    )
    return replace(
        plain,
        hosts=(*plain.hosts, *WORKERS),
        writers=(replace(writer, samples=samples),),
        faults=(*plain.faults, *faults),
    )


def told(recording: Recording, topic: str = "Writes of operator") -> str:
    text = next(each.text for each in story_of(summarise(recording)) if each.topic == topic)
    return text[text.rindex("For ") :]


def band(verb: str, hosts: tuple[str, ...], from_ms: int, to_ms: int | None = None) -> FaultBand:
    text = f"{verb}: {', '.join(hosts)}"
    return FaultBand(verb, text, hosts, from_ms * MS, None if to_ms is None else to_ms * MS)


def test_the_step_on_the_host_asked_is_named_and_the_fault_elsewhere_is_not() -> None:
    text = told(one_lost_write(band("slow-disk", ("w2",), 10_500), band("demote", ("m2",), 25_050)))
    assert "1 write failed after “demote: m2”: 1 has an unknown outcome" in text
    assert "slow-disk" not in text


@pytest.mark.parametrize(
    ("fault", "blamed"),
    [
        (band("slow-disk", ("m2",), 24_000), True),  # the host that was asked
        (band("slow-disk", ("m3",), 24_000), True),  # the leader
        (band("slow-disk", ("m1",), 24_000), False),
        (band("loss", (), 24_000), True),  # on every link
        (band("slow-disk", ("m2",), 24_000, 25_000), False),  # over before
        (band("slow-disk", ("m2",), 24_000, 25_102), False),  # by 2 ms
        (band("slow-disk", ("m2",), 25_199), False),  # begun 1 ms before its end
        (band("slow-disk", ("m2",), 25_120, 25_123), True),  # short, but in the midst of it
        (band("demote", ("m1",), 25_050), False),
        (band("demote", ("m2",), 24_050), False),  # long ago
        (band("restart", ("m2",), 25_050), False),  # puts right
        (band("scale", (), 25_050), False),
    ],
)
def test_faults_are_named_by_host_and_time(fault: FaultBand, blamed: bool) -> None:
    assert (f"“{fault.text}”" in told(one_lost_write(fault))) is blamed


@pytest.mark.parametrize(
    ("groups", "others", "blamed"),
    [
        ((("m1", "m2"),), ("m3", "w1", "w2"), True),
        ((("m1",),), ("m2", "m3", "w1", "w2"), True),  # a write needs most managers
        ((("w1",), ("w2",)), ("m1", "m2", "m3"), False),
    ],
)
def test_a_partition_is_named_if_it_parts_hosts_with_a_part_in_it(
    groups: tuple[tuple[str, ...], ...], others: tuple[str, ...], blamed: bool
) -> None:
    named = tuple(host for group in groups for host in group)
    partition = FaultBand("partition", "partition", named, 24_000 * MS, None, groups, others)
    assert ("“partition”" in told(one_lost_write(partition))) is blamed


@pytest.mark.parametrize(("host", "blamed"), [("w1", True), ("w2", False), ("m2", True)])
def test_requests_are_held_against_the_hosts_on_their_way(host: str, blamed: bool) -> None:
    plain = one_lost_write(band("slow-link", (host,), 24_000))
    failure = Failure(Why.UNREACHED, "w1", from_host="m2")
    traffic = plain.traffic[0]
    samples = tuple(
        replace(each, outcome=Outcome.TIMEOUT, failure=failure)
        if 25_000 * MS <= each.started_at < 25_500 * MS
        else each
        for each in traffic.samples
    )
    text = told(replace(plain, traffic=(replace(traffic, samples=samples),)), "Requests of voters")
    assert ("slow-link" in text) is blamed


def test_a_drain_makes_no_write_fail() -> None:
    text = told(one_lost_write(band("drain", ("m1", "m2", "m3"), 24_000), band("slow-disk", ("m2",), 24_000)))
    assert "under “slow-disk: m2”" in text
    assert "drain" not in text
