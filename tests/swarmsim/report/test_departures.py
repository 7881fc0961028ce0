"""A host that leaves, or is removed, on purpose: its rule ends, its vote is missing, and nobody waits for it."""

import pytest
from msgspec.structs import replace
from told_recording import MS, TASK_1, fact, session, told_recording

from swarmsim.recording import FaultBand, RecordedFact, Recording
from swarmsim.report.leadership import leaderless
from swarmsim.report.quorum import QuorumGap
from swarmsim.report.story import story_of
from swarmsim.report.summary import RunSummary, summarise
from swarmsim.report.tables import fault_table, leader_table

LEAVE = "leave: leader"


def left(at_ms: int, host: str) -> tuple[RecordedFact, ...]:
    """A host leaves by force: its daemon goes on, outside the swarm."""
    return (
        fact(at_ms, host, "host-phase-changed", phase="leaving"),
        fact(at_ms + 1, host, "host-phase-changed", phase="inactive"),
    )


def leaving(*later: RecordedFact, hosts: tuple[str, ...] = ("m1",), text: str = LEAVE) -> Recording:
    """The run told by hand, but instead of losing power at 10 s these hosts leave."""
    stays_away = ("powered-on", "powered-off", "daemon-started", "daemon-stopped", "role-changed", "host-phase-changed")
    facts = [
        each
        for each in told_recording().facts
        if each.at_ns < 10_000 * MS
        or not (each.host in hosts and each.kind in (*stays_away, "election-started", "leader-elected", "leading"))
    ]
    facts = [each for each in facts if each.at_ns < 20_000 * MS and each.data.get("task_id") != TASK_1]
    facts += [each for host in hosts for each in left(10_000, host)]
    facts = sorted((*facts, *later), key=lambda each: each.at_ns)
    return told_recording(facts=tuple(facts), faults=(FaultBand("leave", text, hosts, 10_000 * MS, None),))


def told(run: RunSummary, topic: str) -> str:
    return next(each.text for each in story_of(run) if each.topic == topic)


def test_the_leave_of_a_leader_ends_its_rule_and_is_named_as_the_cause() -> None:
    run = summarise(leaving())
    first = run.reigns[0]
    assert (first.cause, first.until_ns, first.ending) == (LEAVE, 10_000 * MS, "it left the swarm")
    assert first.believed_until_ns == first.ending_at_ns
    assert leader_table(run).rows[0][4:6] == ("10.000 s", f"{LEAVE} (it left the swarm)")
    assert "until 10.000 s, when it was hit by “leave: leader” (it left the swarm)." in told(run, "Who led")


def test_nobody_waits_for_the_session_of_a_host_that_left() -> None:
    [leave] = summarise(leaving()).anatomies
    [back] = [stage for stage in leave.stages if stage.name == "sessions-back"]
    assert (back.at_ns, back.note) == (10_500 * MS, "2 hosts")
    assert leave.unfinished == ()


@pytest.mark.parametrize(("refused", "waited_for"), [("old token", ()), ("", ("hosts-back",))])
def test_nobody_waits_for_a_host_whose_old_token_was_refused(refused: str, waited_for: tuple[str, ...]) -> None:
    """m4 is switched on, asks to join with a token that lets nobody in, and is told so."""
    own = told_recording()
    asking = (
        fact(25_500, "m4", "daemon-started", incarnation=1),
        fact(26_000, "m4", "host-phase-changed", phase="joining"),
        fact(26_100, "m4", "host-phase-changed", phase="inactive"),
    )
    band = FaultBand("join", "join: {workers: 1, token: old}", ("m4",), 25_000 * MS, None, refused=refused)
    facts = tuple(sorted((*own.facts, *asking), key=lambda each: each.at_ns))
    run = summarise(replace(own, facts=facts, faults=(*own.faults, band)))
    assert tuple(each.name for each in run.anatomies[-1].unfinished) == waited_for
    assert fault_table(run).rows[-1][-1] == ("on m4 (refused: old token)" if refused else "on m4")


def test_a_host_that_was_removed_while_it_was_waited_for_is_not_missing() -> None:
    plain = told_recording()
    facts = tuple(each for each in plain.facts if each.kind != "session-opened" or each.at_ns < 10_450 * MS)
    removed = FaultBand("remove-node", "remove-node: m2", ("m2",), 25_000 * MS, None)
    kept = summarise(replace(plain, facts=facts, faults=plain.faults[:1]))
    assert [each.name for each in kept.anatomies[0].unfinished] == ["sessions-back"]
    run = summarise(replace(plain, facts=facts, faults=(*plain.faults[:1], removed)))
    assert "sessions-back" not in [each.name for each in run.anatomies[0].unfinished]


def test_a_removed_host_that_starts_again_is_not_waited_for() -> None:
    plain = told_recording()
    facts = tuple(each for each in plain.facts if each.at_ns != 22_200 * MS)
    removed = FaultBand("remove-node", "remove-node: m1", ("m1",), 15_000 * MS, None)
    run = summarise(replace(plain, facts=facts, faults=(plain.faults[0], removed, plain.faults[1])))
    assert [each.name for each in run.anatomies[-1].unfinished] == []
    assert "Waited for in vain" not in told(run, "Verdict")


def test_one_that_joined_again_is_waited_for_once_more() -> None:
    again = (
        fact(15_000, "m1", "host-phase-changed", phase="joining"),
        fact(15_100, "m1", "host-phase-changed", phase="manager"),
        session(15_200, "m3", "m1"),
        fact(20_000, "m3", "daemon-stopped", reason="killed"),
        fact(20_300, "m2", "leader-elected", term=4),
        fact(20_310, "m2", "leading", term=4),
        session(20_400, "m2", "m2"),
    )
    kill = FaultBand("kill", "kill: m3", ("m3",), 20_000 * MS, None)
    plain = leaving(*again)
    run = summarise(replace(plain, faults=(*plain.faults, kill)))
    [waited] = [each for each in run.anatomies[1].unfinished if each.name == "sessions-back"]
    assert waited.note == "not m1"


@pytest.mark.parametrize("hosts", [("m1", "m2"), ("m1", "m2", "m3")])
def test_leaves_that_take_the_quorum_are_told_so(hosts: tuple[str, ...]) -> None:
    plain = leaving(hosts=hosts, text="leave: managers")
    facts = tuple(each for each in plain.facts if each.at_ns <= 10_001 * MS)
    run = summarise(replace(plain, facts=facts))
    up_count = 3 - len(hosts)
    assert run.quorum_gaps == (QuorumGap(10_000 * MS, 30_000 * MS, False, up_count, 3, 2),)
    assert leaderless(run.reigns, run.end_ns) == [(10_000 * MS, 30_000 * MS)]
    assert (
        f"From 10.000 s to the end ({up_count} of 3 managers up, 2 needed) there was no quorum after “leave: managers”"
        in told(run, "Who led")
    )
    assert "throughout" not in told(run, "Who led")


def test_the_old_vote_of_one_that_joined_again_is_still_missing() -> None:
    """Of four votes two are m1's, and it can only give the one."""
    members = [[f"node-{host}", f"{host}:2377", True, False] for host in ("m1", "m2", "m3")]
    members.append(["node-m1-again", "m1:2377", True, False])
    joined = fact(15_000, "m3", "membership-changed", index=9, members=members)
    lost = fact(20_000, "m2", "daemon-stopped", reason="killed")
    plain = leaving(fact(15_000, "m1", "host-phase-changed", phase="manager"), joined, lost)
    m1 = replace(plain.hosts[0], node_ids=("node-m1", "node-m1-again"))
    [gap] = summarise(replace(plain, hosts=(m1, *plain.hosts[1:]))).quorum_gaps
    assert (gap.from_ns, gap.up()) == (20_000 * MS, "2 of 4 managers up, 3 needed")
