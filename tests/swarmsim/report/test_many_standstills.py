"""A run in which much went wrong is told in few words: how often, how long in all, and the longest."""

import pytest
from msgspec.structs import replace
from told_recording import MS, fact, told_recording

from core.trials.clients import WriteOutcome
from swarmsim.recording import FaultBand, Recording, Ruling, Verdict
from swarmsim.report.availability import BadSpell, Reason, Standstill
from swarmsim.report.exchanges import clients_of
from swarmsim.report.key_figures import key_figures
from swarmsim.report.story import story_of
from swarmsim.report.stretches import MOST_STRETCHES, spell_table
from swarmsim.report.summary import RunSummary, summarise
from swarmsim.report.tables import availability_table

STILL = tuple(
    Standstill(at * 500 * MS, at * 500 * MS + (200 + at) * MS, True, {"good": 5}, ("m2",)) for at in range(30)
)
SPELLS = tuple(
    BadSpell(
        at * 5_000 * MS,
        at * 5_000 * MS + 3_000 * MS,
        True,
        at * 5_000 * MS,
        60,
        at + 1,
        (Reason("refused", None, "no leader", at + 1),),
    )
    for at in range(6)
)


def told(**changes: object) -> RunSummary:
    """The run told by hand, its writes as bad as this and nothing else to tell of clients."""
    run = summarise(told_recording())
    [writes] = [each for each in run.availability if each.kind == "writes"]
    return replace(run, availability=(replace(writes, **changes),))


def writes_of(run: RunSummary) -> str:
    [text] = [each.text for each in story_of(run) if each.topic == "Writes of operator"]
    return text


def troubled(standstills: tuple[Standstill, ...] = STILL) -> RunSummary:
    return told(
        standstills=standstills,
        standstill_ns=sum(each.length_ns for each in standstills),
        bad_spells=(),
        outcomes={"good": 150},
    )


def test_many_standstills_are_told_by_number_sum_and_the_longest() -> None:
    text = writes_of(troubled())
    assert "They stood still 30 times, 6.43 s in all;" in text
    assert "the longest times were 229 ms from 14.500 s, 228 ms from 14.000 s and 227 ms from 13.500 s." in text
    assert text.count("no write was acknowledged") == 1
    assert len(text) < 450


def test_the_table_has_the_longest_in_order_of_time_and_the_sum_of_the_rest() -> None:
    rows = spell_table(troubled()).rows
    assert len(rows) == MOST_STRETCHES + 1
    assert [row[2] for row in rows[:-1]] == [f"{length} ms" for length in range(218, 230)]
    assert rows[-1][2:] == ("3.75 s", "writes of operator", "18 more stretches, in all", "at most 217 ms each")
    assert len(spell_table(troubled(STILL[:5])).rows) == 5


def test_of_many_bad_spells_the_worst_are_told_and_the_others_counted() -> None:
    text = writes_of(told(standstills=(), standstill_ns=0, bad_spells=SPELLS, outcomes={"good": 300, "refused": 21}))
    assert text.count(" failed under ") + text.count(" failed: ") == 2
    assert text.index("5 were refused (no leader)") < text.index("6 were refused (no leader)")
    assert text.endswith("10 more failed in 4 other bad spells.")


def test_a_reason_without_detail_has_no_brackets() -> None:
    spell = BadSpell(0, 3_000 * MS, True, 0, 60, 2, (Reason("slow", None, "", 2),))
    [row] = spell_table(told(standstills=(), bad_spells=(spell,))).rows
    assert row[-1] == "2 slow"


def test_many_leaders_are_told_together() -> None:
    run = summarise(told_recording())
    first, last = run.reigns
    step = 1_000 * MS
    middle = [
        replace(
            first,
            host=f"m{1 + at % 3}",
            term=3 + at,
            elected_at_ns=at * step,
            acts_from_ns=at * step,
            until_ns=at * step + 600 * MS,
            cause="",
            ending_at_ns=at * step + 600 * MS,
            ending="it lost its quorum and stepped down",
        )
        for at in range(11, 17)
    ]
    [text] = [
        each.text
        for each in story_of(replace(run, reigns=(first, *middle, replace(last, term=30))))
        if each.topic == "Who led"
    ]
    assert text.startswith(
        "Leaders changed often: m1, m3 and m2 led 8 times in terms 2 to 30. No leader could act for "
    )
    assert text.endswith("to the end of the run.")
    assert len(text) < 500


def test_a_refused_write_is_told_with_the_reason_that_its_client_was_given() -> None:
    told_by_hand = told_recording()
    writer = told_by_hand.writers[0]
    reason = "no leader: 2 of 3 managers must be up; m2 is down"
    refused = replace(writer.samples[0], outcome=WriteOutcome.REFUSED, detail=reason)
    recording = replace(told_by_hand, writers=(replace(writer, samples=(refused, *writer.samples[1:])),))
    [writes] = [each for each in clients_of(recording) if each.kind == "writes"]
    assert [(each.said, each.good) for each in writes.exchanges[:2]] == [("no leader", False), ("", True)]


def refusing(host: str, told_by_hand: Recording) -> Recording:
    """From 22 to 28 s this host, and nobody else, is asked, and refuses every write."""
    writer = told_by_hand.writers[0]
    samples = tuple(
        replace(each, outcome=WriteOutcome.REFUSED, detail="no leader: ask another", host=host)
        if 22_000 * MS <= each.started_at < 28_000 * MS
        else each
        for each in writer.samples
    )
    return replace(told_by_hand, writers=(replace(writer, samples=samples),))


def test_a_host_that_cannot_write_is_not_taken_for_a_swarm_that_cannot() -> None:
    cut = FaultBand("isolate", "isolate: m2", ("m2",), 22_000 * MS, 28_000 * MS)
    run = summarise(refusing("m2", told_recording(faults=(cut,))))
    assert (
        "no write was acknowledged under “isolate: m2”: of the 61 asked meanwhile at m2, 60 were refused "
        "and 1 waited and was acknowledged; m3 led meanwhile, and m2 alone was asked in vain."
    ) in writes_of(run)
    assert [row[4] for row in spell_table(run).rows if row[0] == "22.000 s"] == [
        "nobody was answered at m2, while m3 led"
    ]


def test_bad_luck_of_a_client_is_no_standstill_of_the_swarm() -> None:
    run = summarise(refusing("m2", told_recording()))
    [writes] = [each for each in run.availability if each.kind == "writes"]
    assert [each.length_ns // MS for each in writes.standstills] == [350]
    assert [(each.length_ns // MS, each.led_by) for each in writes.bad_luck] == [(6_002, "m3")]
    assert (writes.standstill_ns, writes.mean_to_repair_ns) == (350 * MS, 350 * MS)
    tile = next(each for each in key_figures(run) if "standstill" in each[1])
    assert tile[0] == "350 ms"
    assert tile[2].endswith(" acknowledged; 6.00 s at worst at managers that could not write while another led")
    columns = availability_table(run).columns
    row = dict(zip(columns, availability_table(run).rows[0], strict=True))
    assert (row["standstills"], row["longest"], row["bad luck"]) == ("1", "350 ms", "1, at most 6.00 s")


def test_the_manager_that_answers_in_the_end_was_not_asked_in_vain() -> None:
    """The leader's own answer, asked as the last and given at once, ends the bad luck."""
    recording = refusing("m2", told_recording())
    writer = recording.writers[0]
    samples = tuple(replace(each, host="m3") if each.started_at >= 28_000 * MS else each for each in writer.samples)
    run = summarise(replace(recording, writers=(replace(writer, samples=samples),)))
    [writes] = [each for each in run.availability if each.kind == "writes"]
    [unlucky] = writes.bad_luck
    assert (unlucky.asked_at, unlucky.in_vain_at) == (("m2", "m3"), ("m2",))
    assert "no write was acknowledged: of the 61 asked meanwhile at m2 and m3" in writes_of(run)
    assert writes_of(run).endswith("; m3 led meanwhile, and m2 alone was asked in vain.")
    assert "nobody was answered at m2, while m3 led" in [row[4] for row in spell_table(run).rows]


@pytest.mark.parametrize("host", ["m3", ""])
def test_what_the_leader_itself_does_not_answer_is_a_standstill_of_the_swarm(host: str) -> None:
    """Nor is it a matter of luck where one host after the other was asked in vain."""
    recording = refusing(host or "m2", told_recording())
    if not host:
        writer = recording.writers[0]
        samples = tuple(
            replace(each, host=f"m{1 + at % 2}") if each.started_at >= 22_000 * MS else each
            for at, each in enumerate(writer.samples)
        )
        recording = replace(recording, writers=(replace(writer, samples=samples),))
    [writes] = [each for each in summarise(recording).availability if each.kind == "writes"]
    assert (len(writes.standstills), writes.bad_luck) == (2, ())


def test_much_bad_luck_is_told_together() -> None:
    unlucky = tuple(replace(each, led_by="m1", in_vain_at=("m2",)) for each in STILL[:6])
    text = writes_of(told(standstills=(), bad_luck=unlucky, bad_spells=(), outcomes={"good": 150}))
    assert "The swarm never kept them waiting." in text
    assert "6 times, for 1.22 s in all, the managers asked could not write while another led. For 205 ms" in text


def test_a_swarm_without_a_leader_needs_no_such_caution() -> None:
    facts = (*told_recording().facts, fact(21_000, "m3", "daemon-stopped", reason="killed"))
    text = writes_of(summarise(refusing("m2", told_recording(facts=facts))))
    assert "because no leader could act: of the 61 asked meanwhile at m2, 60 were refused" in text
    assert "led meanwhile" not in text


def test_one_is_told_as_one() -> None:
    run = troubled(STILL[: MOST_STRETCHES + 1])
    assert spell_table(run).rows[-1][4] == "1 more stretch, in all"
    assert writes_of(told(standstills=(), bad_spells=(), outcomes={"good": 1, "refused": 1})).startswith(
        "1 of 300 writes was acknowledged; 1 was refused."
    )
    one = replace(run, verdicts=(Verdict("always: raft-safety", Ruling.HELD, "no violation", 1),))
    assert story_of(one)[-1].text == "1 expectation or check held, over 1 single look."


def test_the_reasons_of_a_row_add_up_to_all_that_failed() -> None:
    reasons = tuple(Reason("refused", None, f"reason {at}", 40 - at) for at in range(5))
    spell = BadSpell(0, 3_000 * MS, True, 0, 500, 200, reasons)
    run = told(standstills=(), bad_spells=(spell,))
    [row] = spell_table(run).rows
    assert row[-1] == (
        "40 refused (reason 0), 39 refused (reason 1), 38 refused (reason 2), 73 refused for other reasons "
        "and 10 otherwise"
    )
    assert writes_of(run).endswith("37 were refused (reason 3), 36 were refused (reason 4) and 10 otherwise.")
