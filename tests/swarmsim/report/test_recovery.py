"""Stages that a report must not claim: tables that lag, a leader that cannot be, requests that go on failing."""

import pytest
from msgspec.structs import replace
from told_recording import KILL, MS, TABLES, fact, told_recording

from swarmsim.recording import FaultBand, RecordedFact, Recording, TablePoint
from swarmsim.report.anatomy import Anatomy, InVain
from swarmsim.report.key_figures import key_figures
from swarmsim.report.quorum import QuorumGap
from swarmsim.report.story import story_of
from swarmsim.report.summary import RunSummary, summarise
from swarmsim.report.tables import fault_table

BOTH = "kill: [m1, m2]"
RESTART = "restart: killed"


def stages(anatomy: Anatomy) -> dict[str, int]:
    return {stage.name: stage.since_ns // MS for stage in anatomy.stages}


def in_vain(anatomy: Anatomy) -> dict[str, int | None]:
    return {each.name: None if each.came_ns is None else each.came_ns // MS for each in anatomy.unfinished}


# --- tables


def with_tables(*later: tuple[int, tuple[str, ...], tuple[str, ...]]) -> RunSummary:
    """The run told by hand, its tables from 12.005 s on as they are given here."""
    before = tuple(point for point in TABLES if point.at_ns < 12_005 * MS)
    return summarise(
        told_recording(tables=(*before, *(TablePoint(at * MS, lags, misled) for at, lags, misled in later)))
    )


def test_a_host_that_lags_keeps_the_tables_from_being_up_to_date() -> None:
    run = with_tables((12_010, ("m3",), ("m3",)), (25_000, (), ()))
    killed, restarted = run.anatomies
    assert (in_vain(killed)["tables-consistent"], in_vain(killed)["tables-clear"]) == (15_000, 15_000)
    late = InVain("tables-consistent", 15_000 * MS, RESTART, "2 hosts, m3 last")
    assert late in killed.unfinished
    assert stages(restarted)["tables-consistent"] == 5_000
    assert stages(killed)["first-request"] == 2_100, "it entered at a host whose table was right"


def test_a_host_that_lags_to_the_end_was_never_up_to_date() -> None:
    run = with_tables((12_010, ("m3",), ()))
    assert in_vain(run.anatomies[0])["tables-consistent"] is None
    assert "Waited for in vain: all routing tables up to date." in story_of(run)[-1].text


def test_tables_that_led_to_a_lost_task_longer_than_the_swarm_believed_in_it_are_told() -> None:
    traffic = told_recording().traffic[0]
    failing = tuple(
        replace(each, outcome=traffic.samples[80].outcome, failure=traffic.samples[80].failure, latency_ns=MS)
        if 12_000 * MS <= each.started_at < 15_000 * MS
        else each
        for each in traffic.samples
    )
    run = summarise(
        told_recording(
            traffic=(replace(traffic, samples=failing),),
            tables=(*TABLES[:5], TablePoint(12_010 * MS, ("m2",), ("m2",)), TablePoint(15_000 * MS, (), ())),
        )
    )
    told = next(each.text for each in story_of(run) if each.topic == "Requests of voters")
    assert "when it gave up m1; the tables of m2 led there even then, until 15.000 s: " in told


# --- the quorum


def without_quorum(*, restarted: bool) -> Recording:
    """Of three managers two lose power at 10 s; if they come back, then at 20 s, and m3 is elected at 22.2 s."""
    dead = {"m1", "m2"}
    facts: list[RecordedFact] = [
        each
        for each in told_recording().facts
        if each.at_ns < 10_000 * MS or (each.host == "m1" and each.at_ns < 20_000 * MS)
    ]
    facts += [fact(10_000, "m2", "daemon-stopped", reason="power loss"), fact(10_000, "m2", "powered-off")]
    facts += [fact(at, "m3", "election-started", term=3, pre=True) for at in (10_300, 11_000, 12_000)]
    if restarted:
        facts += [fact(20_000, host, "powered-on") for host in sorted(dead)]
        facts += [fact(22_000, host, "daemon-started", incarnation=2) for host in sorted(dead)]
        facts += [fact(22_190, "m3", "election-started", term=3, pre=False)]
        facts += [fact(22_200, "m3", "leader-elected", term=3), fact(22_210, "m3", "leading", term=3)]
    until = 20_000 * MS if restarted else None
    faults = [FaultBand("kill", BOTH, ("m1", "m2"), 10_000 * MS, until)]
    if restarted:
        faults.append(FaultBand("restart", RESTART, ("m1", "m2"), 20_000 * MS, None))
    return told_recording(facts=tuple(facts), faults=tuple(faults), services=(), traffic=(), tables=())


def test_a_quorum_that_is_gone_for_good_is_the_reason_that_nobody_is_elected() -> None:
    run = summarise(without_quorum(restarted=False))
    assert run.quorum_gaps == (QuorumGap(10_000 * MS, 30_000 * MS, False, 1, 3, 2),)
    [killed] = run.anatomies
    assert killed.failover
    assert stages(killed) == {"detected": 300}
    assert killed.unfinished == (
        InVain("campaign", None, "", "no majority would have voted; asked 3 times whether they would"),
        InVain("elected", None, "", "no quorum to the end: 1 of 3 managers up, 2 needed"),
        InVain("first-write", None, "", ""),
    )
    assert ("never", "until a new leader was elected", f"after {BOTH}") in key_figures(run)


def test_a_quorum_that_comes_back_with_the_killed_elects_a_leader_only_then() -> None:
    run = summarise(without_quorum(restarted=True))
    assert run.quorum_gaps == (QuorumGap(10_000 * MS, 22_000 * MS, True, 1, 3, 2),)
    killed, restarted = run.anatomies
    assert in_vain(killed) == {"campaign": 12_190, "elected": 12_200, "first-write": 12_202}
    assert {each.after for each in killed.unfinished} == {RESTART}
    elected = next(each for each in killed.unfinished if each.name == "elected")
    assert elected.note == "m3 in term 3; no quorum until 22.000 s: 1 of 3 managers up, 2 needed"
    assert stages(restarted)["elected"] == 2_200
    assert ("12.2 s", "until a new leader was elected", f"after {BOTH}") in key_figures(run)


def test_the_story_says_quorum_where_there_was_none() -> None:
    told = {each.topic: each.text for each in story_of(summarise(without_quorum(restarted=True)))}
    assert (
        f"From 10.000 s until 22.000 s (1 of 3 managers up, 2 needed) there was no quorum after “{BOTH}”, "
        "so nobody could be elected. "
        "m3 was elected in term 3 at 22.200 s"
    ) in told["Who led"]
    assert (
        "because there was no quorum until 22.000 s (1 of 3 managers up, 2 needed) and so no leader"
        in (told["Writes of operator"])
    )


def test_counts_that_changed_while_there_was_no_quorum_are_those_of_the_worst_moment() -> None:
    third_dies = (
        fact(15_000, "m3", "daemon-stopped", reason="killed"),
        fact(18_000, "m3", "daemon-started", incarnation=2),
    )
    plain = without_quorum(restarted=False)
    facts = tuple(sorted((*plain.facts, *third_dies), key=lambda each: each.at_ns))
    [gap] = summarise(replace(plain, facts=facts)).quorum_gaps
    assert (gap.from_ns, gap.to_ns, gap.up()) == (10_000 * MS, 30_000 * MS, "at worst 0 of 3 managers up, 2 needed")


def test_a_manager_that_is_locked_is_not_counted_as_up_and_is_named() -> None:
    """m2 has power again from 22 s on, and waits for its key until 25 s; m1 never comes back."""
    plain = without_quorum(restarted=False)
    unlocked = (
        fact(22_000, "m2", "daemon-started", incarnation=2),
        fact(22_000, "m2", "host-phase-changed", phase="locked"),
        fact(25_000, "m2", "host-phase-changed", phase="manager"),
    )
    facts = tuple(sorted((*plain.facts, *unlocked), key=lambda each: each.at_ns))
    [gap] = summarise(replace(plain, facts=facts)).quorum_gaps
    assert (gap.from_ns, gap.to_ns) == (10_000 * MS, 25_000 * MS)
    assert gap.up() == "1 of 3 managers can vote, 2 needed; m2 is locked"


def test_managers_that_are_locked_are_named_where_they_are_why_there_is_no_quorum() -> None:
    own = told_recording()
    locked = tuple(fact(15_000, host, "host-phase-changed", phase="locked") for host in ("m2", "m3"))
    facts = tuple(sorted((*own.facts, *locked), key=lambda each: each.at_ns))
    run = summarise(replace(own, facts=facts))
    assert run.quorum_gaps[0].up() == "at worst 0 of 3 managers can vote, 2 needed; m2 and m3 are locked"


def test_members_that_joined_or_left_count_for_the_quorum_from_then_on() -> None:
    members = [["node-m1", "m1:2377", True, False], ["node-m2", "m2:2377", False, False]]
    changed = fact(5_000, "m1", "membership-changed", index=9, members=members)
    older = fact(6_000, "m2", "membership-changed", index=8, members=[])
    run = summarise(told_recording(facts=(*told_recording().facts, changed, older)))
    assert run.quorum_gaps == (QuorumGap(10_000 * MS, 22_000 * MS, True, 0, 1, 1),)


def test_with_a_quorum_nothing_is_said_of_one() -> None:
    run = summarise(told_recording())
    assert run.quorum_gaps == ()
    assert "quorum" not in " ".join(each.text for each in story_of(run))
    assert run.anatomies[0].text == KILL


def test_agents_that_come_back_to_the_new_leader_only_later_are_not_said_to_never_have() -> None:
    facts = tuple(
        replace(each, at_ns=21_000 * MS) if each.at_ns == 10_500 * MS and each.kind == "session-opened" else each
        for each in told_recording().facts
    )
    killed = summarise(told_recording(facts=tuple(sorted(facts, key=lambda each: each.at_ns)))).anatomies[0]
    assert killed.unfinished == (InVain("sessions-back", 11_000 * MS, RESTART, "2 hosts"),)


# --- tasks and requests


def test_tasks_that_ran_again_only_after_the_next_disturbance_are_told_at_both() -> None:
    points = told_recording().services
    late = (*points[:-1], replace(points[-1], at_ns=23_000 * MS))
    run = summarise(told_recording(services=late))
    killed, restarted = run.anatomies
    assert in_vain(killed)["tasks-running"] == 13_000
    [stage] = [each for each in restarted.stages if each.name == "tasks-running"]
    assert (stage.since_ns, stage.inherited) == (3_000 * MS, True)
    told = next(each.text for each in story_of(run) if each.topic == "Tasks")
    assert told.startswith(
        f"“{KILL}” at 10 s left web short of tasks; all ran again only 13 s later, after “{RESTART}”."
    )
    assert told.count("short of tasks") == 1


def test_what_came_late_is_put_after_the_last_disturbance_before_it() -> None:
    """A scale at 15 s comes between, and what fitted nobody at 22 s was no disturbance."""
    own = told_recording()
    scale = FaultBand("scale", "scale: {other: 2}", (), 15_000 * MS, None)
    nobody = FaultBand("unlock", "unlock: locked", (), 22_000 * MS, None)
    late = (*own.services[:-1], replace(own.services[-1], at_ns=23_000 * MS))
    run = summarise(replace(own, services=late, faults=(own.faults[0], scale, own.faults[1], nobody)))
    [tasks] = [each for each in run.anatomies[0].unfinished if each.name == "tasks-running"]
    assert (tasks.came_ns, tasks.after) == (13_000 * MS, RESTART)
    assert fault_table(run).rows[-1][-1] == "on nobody"


def test_a_shortage_that_began_long_after_the_disturbance_is_told_with_its_own_length() -> None:
    plain = told_recording()
    facts = tuple(
        replace(each, at_ns=12_300 * MS) if each.kind == "container-changed" and each.at_ns == 10_000 * MS else each
        for each in plain.facts
    )
    services = (*plain.services[:2], replace(plain.services[2], at_ns=12_310 * MS), plain.services[3])
    ordered = tuple(sorted(facts, key=lambda each: each.at_ns))
    told = {each.topic: each.text for each in story_of(summarise(replace(plain, facts=ordered, services=services)))}
    assert told["Tasks"].startswith(
        f"After “{KILL}” at 10 s web fell short of tasks at 12.310 s; all ran again 690 ms later."
    )


def test_requests_that_fail_to_the_end_are_not_said_to_be_good_again() -> None:
    traffic = told_recording().traffic[0]
    ending = tuple(each for each in traffic.samples if each.started_at <= 11_800 * MS)
    run = summarise(told_recording(traffic=(replace(traffic, samples=ending),)))
    assert in_vain(run.anatomies[0])["requests-good"] is None
    assert "first-request" not in in_vain(run.anatomies[0]), "nobody asked after that"
    told = next(each.text for each in story_of(run) if each.topic == "Requests of voters")
    assert "from 10.000 s to 13.800 s, and the last failed too, 52.6 % failed" in told


@pytest.mark.parametrize(("for_ms", "clear_ms"), [(5, 2_010), (500, 5_500)])
def test_the_ordinary_end_of_a_task_is_no_part_of_getting_over_a_failure(for_ms: int, clear_ms: int) -> None:
    """A task ends 5 s after the kill, when all has been put right; tables lead to it for as long as given."""
    own = told_recording()
    ended = (TablePoint(15_000 * MS, (), ("m2",)), TablePoint((15_000 + for_ms) * MS, (), ()))
    tables = tuple(sorted((*own.tables, *ended), key=lambda each: each.at_ns))
    killed = summarise(replace(own, tables=tables)).anatomies[0]
    assert stages(killed)["tables-clear"] == clear_ms


@pytest.mark.parametrize(("at_ms", "for_ms", "done_ms"), [(13_900, 5, 3_905), (15_000, 5, 3_020), (15_000, 500, 5_500)])
def test_nor_is_the_ordinary_change_of_a_service(at_ms: int, for_ms: int, done_ms: int) -> None:
    """All was put right 3.02 s after the kill; tables lag again from `at_ms` on."""
    own = told_recording()
    changed = (TablePoint(at_ms * MS, ("m2",), ()), TablePoint((at_ms + for_ms) * MS, (), ()))
    tables = tuple(sorted((*own.tables, *changed), key=lambda each: each.at_ns))
    killed = summarise(replace(own, tables=tables)).anatomies[0]
    assert stages(killed)["tables-consistent"] == done_ms
