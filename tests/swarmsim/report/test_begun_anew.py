"""A swarm begun anew by one manager: its leap of terms is explained, and who led before leads no more."""

from msgspec.structs import replace
from told_recording import MS, fact, role, told_recording

from swarmsim.recording import FaultBand, Recording
from swarmsim.report.story import story_of
from swarmsim.report.summary import summarise
from swarmsim.report.tables import leader_table

FORCE = "force-new-cluster: m3"
TERM = 1_000_000_000_001


def begun_anew() -> Recording:
    """At 10 s m3 begins the swarm anew while m1 leads a living majority; m1 becomes its worker."""
    own = told_recording()
    facts = [each for each in own.facts if each.at_ns < 10_000 * MS]
    facts += [
        fact(10_000, "m3", "begun-anew", raft_id="node-m3", index=10**12, certain_index=40),
        role(10_000, "m3", "candidate", TERM),
        fact(10_000, "m3", "election-started", term=TERM, pre=False),
        fact(10_001, "m1", "host-phase-changed", phase="worker"),
        role(10_002, "m3", "leader", TERM),
        fact(10_002, "m3", "leader-elected", term=TERM),
        fact(10_003, "m3", "leading", term=TERM),
    ]
    band = FaultBand("force-new-cluster", FORCE, ("m3",), 10_000 * MS, None)
    return replace(own, facts=tuple(facts), faults=(band,), services=(), traffic=(), tables=())


def test_the_leader_before_led_until_it_was_a_worker() -> None:
    first, second = summarise(begun_anew()).reigns
    assert (first.until_ns, first.believed_until_ns) == (10_001 * MS, 10_001 * MS)
    assert first.ending == "m3 began the swarm anew"
    assert (first.anew, second.anew) == (False, True)


def test_a_leader_that_is_demoted_without_that_became_a_worker() -> None:
    own = told_recording()
    facts = tuple(each for each in begun_anew().facts if each.kind != "begun-anew")
    assert summarise(replace(own, facts=facts)).reigns[0].ending == "it became a worker"


def test_the_new_term_is_explained_in_words_and_table() -> None:
    run = summarise(begun_anew())
    led = next(each.text for each in story_of(run) if each.topic == "Who led")
    assert led == (
        "m1 led in term 2 until 10.001 s, when m3 began the swarm anew. "
        f"m3 began the swarm anew at 10.002 s, in term {TERM}, and led to the end of the run."
    )
    assert leader_table(run).rows[1][:2] == (str(TERM), "m3 (began the swarm anew)")


def test_nobody_noticed_a_silence_nor_was_asked_for_votes() -> None:
    [anatomy] = summarise(begun_anew()).anatomies
    assert [stage.name for stage in anatomy.stages][:2] == ["elected", "first-commit"]
    assert anatomy.stages[0].note == f"m3 in term {TERM}; it began the swarm anew"
