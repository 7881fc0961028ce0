"""What is derived from a recording, figure by figure, on one whose times are round."""

import pytest
from told_recording import KILL, MS, TASK_1, TASK_3, fact, told_recording

from swarmsim.recording import FaultBand, ServicePoint, decode, encode
from swarmsim.report.anatomy import Anatomy, InVain
from swarmsim.report.costs import Cost
from swarmsim.report.lanes import RoleSpan
from swarmsim.report.leadership import leaderless
from swarmsim.report.replicas import Shortage
from swarmsim.report.spans import Span
from swarmsim.report.story import story_of
from swarmsim.report.summary import RunSummary, summarise
from swarmsim.report.tables import leader_table

RUN = summarise(told_recording())


def stages(anatomy: Anatomy) -> dict[str, int]:
    """Stages with the milliseconds since the disturbance."""
    return {stage.name: stage.since_ns // MS for stage in anatomy.stages}


def figures(run: RunSummary) -> dict[tuple[str, str], int]:
    return {(figure.group, figure.name): figure.value for figure in run.figures}


def test_equal_recordings_give_equal_summaries() -> None:
    assert summarise(decode(encode(told_recording()))) == RUN


def test_who_led_when() -> None:
    first, second = RUN.reigns
    assert (first.host, first.term, first.elected_at_ns, first.acts_from_ns) == ("m1", 2, -390 * MS, -380 * MS)
    assert (first.until_ns, first.ending, first.cause) == (10_000 * MS, "power loss", KILL)
    assert (second.host, second.term, second.elected_at_ns, second.acts_from_ns) == ("m3", 3, 10_330 * MS, 10_340 * MS)
    assert (second.until_ns, second.ending, second.cause) == (30_000 * MS, "", "")
    assert [(each.host, each.pre) for each in second.campaigns] == [("m3", True), ("m3", False)]
    assert leaderless(RUN.reigns, RUN.end_ns) == [(10_000 * MS, 10_340 * MS)]


def test_a_leader_that_sleeps_led_until_it_fell_asleep_wherever_that_is_told() -> None:
    lost_power = ("daemon-stopped", "powered-off", "powered-on", "daemon-started")
    awake = [
        each for each in told_recording().facts if each.host != "m1" or each.kind not in lost_power or each.at_ns < 0
    ]
    pause = FaultBand("pause", "pause: leader", ("m1",), 10_000 * MS, 22_000 * MS)
    run = summarise(told_recording(facts=tuple(awake), faults=(pause,)))
    first = run.reigns[0]
    assert (first.cause, first.until_ns) == ("pause: leader", 10_000 * MS)
    assert (first.ending_at_ns, first.believed_until_ns) == (10_330 * MS, 22_100 * MS)
    assert leader_table(run).rows[0][4:6] == (
        "10.000 s",
        "pause: leader (m3 was elected in term 3 at 10.330 s); did not know it for 11.8 s",
    )
    assert story_of(run)[0].text.startswith("m1 led in term 2 until 10.000 s, when it was hit by “pause: leader”")


SLOW = FaultBand("slow-disk", "slow-disk: leader", ("m1",), 4_000 * MS, 20_000 * MS)


def test_a_long_fault_under_which_a_leader_still_answered_did_not_end_its_rule() -> None:
    """Its disk is slow from 4 s on, writes are acknowledged all the while, and at 10 s it is gone."""
    first = summarise(told_recording(faults=(SLOW,))).reigns[0]
    assert (first.until_ns, first.cause, first.ending) == (10_000 * MS, "", "power loss")
    both = summarise(told_recording(faults=(SLOW, *told_recording().faults))).reigns[0]
    assert (both.until_ns, both.cause) == (10_000 * MS, KILL)


@pytest.mark.parametrize(("commit_ms", "ended_it"), [(4_001, True), (6_000, False)])
def test_without_a_client_a_commit_tells_that_it_still_led(commit_ms: int, ended_it: bool) -> None:
    """One by answers that were on their way when it was struck tells nothing."""
    commit = fact(commit_ms, "m1", "entries-committed", first_index=1, last_index=2, last_term=2)
    others = fact(7_000, "m2", "entries-committed", first_index=1, last_index=2, last_term=2)
    facts = tuple(sorted((*told_recording().facts, commit, others), key=lambda each: each.at_ns))
    first = summarise(told_recording(faults=(SLOW,), facts=facts, writers=())).reigns[0]
    assert (first.cause == SLOW.text) is ended_it
    assert first.until_ns == (4_000 * MS if ended_it else 10_000 * MS)


def test_a_leader_that_no_fault_ended_led_until_its_end_showed() -> None:
    run = summarise(told_recording(faults=()))
    first = run.reigns[0]
    assert (first.until_ns, first.ending_at_ns, first.cause) == (10_000 * MS, 10_000 * MS, "")
    assert leader_table(run).rows[0][4:6] == ("10.000 s", "power loss")


def test_the_life_of_a_host() -> None:
    lane = RUN.hosts[0]
    assert lane.power == (
        Span("up", -500 * MS, 10_000 * MS),
        Span("off", 10_000 * MS, 20_000 * MS),
        Span("no-daemon", 20_000 * MS, 22_000 * MS),
        Span("up", 22_000 * MS, 30_000 * MS),
    )
    assert lane.roles == (
        RoleSpan("leader", 2, -390 * MS, 10_000 * MS),
        RoleSpan("manager", 0, 22_000 * MS, 22_100 * MS),
        RoleSpan("follower", 3, 22_100 * MS, 30_000 * MS),
    )


def test_a_recording_without_facts_still_has_power() -> None:
    run = summarise(told_recording(facts=()))
    assert run.hosts[0].power == (Span("up", 0, 30_000 * MS),)
    assert (run.reigns, run.slots) == ((), ())


def test_what_stood_behind_each_slot() -> None:
    first, second = RUN.slots
    assert (first.service, first.slot, second.slot) == ("web", "1", "2")
    lost, successor = first.lives
    assert (lost.task_id, lost.host) == (TASK_1, "m1")
    assert lost.states == (
        Span("starting", 100 * MS, 1_000 * MS),
        Span("running", 1_000 * MS, 10_000 * MS),
        Span("lost", 10_000 * MS, 12_000 * MS),
    )
    assert (successor.task_id, successor.host) == (TASK_3, "m3")
    assert successor.states[-1] == Span("running", 13_000 * MS, 30_000 * MS)


def test_the_anatomy_of_the_failover() -> None:
    anatomy = RUN.anatomies[0]
    assert (anatomy.text, anatomy.at_ns, anatomy.failover, anatomy.unfinished) == (KILL, 10_000 * MS, True, ())
    assert stages(anatomy) == {
        "detected": 300,
        "campaign": 310,
        "elected": 330,
        "first-commit": 340,
        "first-write": 350,
        "sessions-back": 500,
        "hosts-down": 2_000,
        "requests-good": 1_900,
        "tables-clear": 2_010,
        "first-request": 2_100,
        "tasks-running": 3_000,
        "tables-consistent": 3_020,
    }
    waited = {stage.name: stage.waited_from_ns // MS for stage in anatomy.stages}
    assert (waited["detected"], waited["elected"], waited["hosts-down"]) == (0, 310, 340)
    assert (waited["tasks-running"], waited["tables-consistent"]) == (2_000, 3_000)
    assert [stage.at_ns for stage in anatomy.stages] == sorted(stage.at_ns for stage in anatomy.stages)


def test_the_anatomy_of_the_return_has_no_election() -> None:
    anatomy = RUN.anatomies[1]
    assert (anatomy.text, anatomy.failover) == ("restart: killed", False)
    assert stages(anatomy) == {"daemons-started": 2_000, "hosts-back": 2_200, "tables-consistent": 2_300}


def test_what_is_waited_for_in_vain_is_named() -> None:
    silent = tuple(
        each for each in told_recording().facts if each.kind != "session-opened" or each.at_ns < 0 or each.host == "m1"
    )
    anatomies = summarise(told_recording(facts=silent)).anatomies
    assert anatomies[0].unfinished == (InVain("sessions-back", None, "restart: killed", "not m2 and m3"),)
    assert anatomies[1].unfinished == (InVain("hosts-back", None, "", "not m1"),)


def test_a_fault_that_ends_by_itself_disturbs_twice() -> None:
    loss = FaultBand("loss", "loss: 30%", (), 5_000 * MS, 8_000 * MS)
    texts = [each.text for each in summarise(told_recording(faults=(loss,))).anatomies]
    assert texts == ["loss: 30%", "end of loss: 30%"]


def test_what_clients_got() -> None:
    writes, requests = RUN.availability
    assert (writes.kind, writes.asked_count, writes.outcomes) == ("writes", 300, {"good": 299, "unknown": 1})
    [standstill] = writes.standstills
    assert (standstill.from_ns, standstill.to_ns) == (10_000 * MS, 10_350 * MS)
    assert standstill.asked == {"good": 3, "unknown": 1}
    assert (requests.kind, requests.asked_count, requests.outcomes) == ("requests", 280, {"good": 270, "timeout": 10})
    [spell] = requests.bad_spells
    assert (spell.from_ns, spell.to_ns, spell.asked_count) == (10_000 * MS, 11_900 * MS, 19)


def test_what_was_missing_of_a_service_but_not_before_it_was_first_there() -> None:
    [web] = RUN.replicas
    assert web.complete_at_ns == 1_000 * MS
    assert web.shortages == (Shortage(10_000 * MS, 13_000 * MS, ended=True, worst_count=1),)
    assert web.missing_replica_ns == 3_000 * MS
    [again] = [stage for stage in RUN.anatomies[0].stages if stage.name == "tasks-running"]
    assert again.at_ns == web.shortages[0].to_ns, "one length wherever it is told"


def test_counts_that_no_task_accounts_for_keep_their_time() -> None:
    """Another task is asked for at 14 s: the count of those that run does not change then."""
    points = (
        *told_recording().services,
        ServicePoint(14_000 * MS, "web", 3, 2),
        ServicePoint(15_000 * MS, "web", 3, 3),
    )
    [web] = summarise(told_recording(services=points)).replicas
    assert web.shortages[-1] == Shortage(14_000 * MS, 15_000 * MS, ended=True, worst_count=1)


def test_what_was_sent() -> None:
    assert (RUN.costs.message_count, RUN.costs.bytes_count) == (1_100, 140_000)
    assert RUN.costs.by_host == (Cost("m1", 800, 110_000), Cost("m2", 300, 30_000), Cost("m3", 0, 0))
    assert [cost.name for cost in RUN.costs.by_type] == ["Heartbeat", "Append", "AppendAcked"]


def test_the_figures_to_compare() -> None:
    found = figures(RUN)
    assert found["kill: leader, at 10 s", "new leader elected"] == 330 * MS
    assert found["writes of operator", "longest standstill"] == 350 * MS
    assert found["requests of voters", "failed"] == 10
    assert found["services", "missing replicas"] == 3_000 * MS
    assert found["control plane", "messages"] == 36


def test_the_series_hold_every_exchange_of_their_window() -> None:
    writes, requests = RUN.whole.series
    assert sum(writes.good) + sum(sum(counts) for counts in writes.failed.values()) == 300
    assert sum(requests.good) + sum(requests.failed["timeout"]) == 280
    assert requests.failed["timeout"][10_000 * MS // requests.bin_ns] > 0


def test_close_ups_begin_before_the_disturbance_and_hold_all_its_stages() -> None:
    first = RUN.close_ups[0]
    assert (first.title, first.from_ns) == (KILL, 9_000 * MS)
    assert first.to_ns >= 10_000 * MS + max(stage.since_ns for stage in RUN.anatomies[0].stages)
    assert all((10_000 * MS - each.from_ns) % each.bin_ns == 0 for each in first.series)
