"""What is looked up in a table when a report is written is there, whatever happened in the run."""

from core.trials.clients import Outcome, WriteOutcome
from swarmsim.recording import Ruling
from swarmsim.report.anatomy_chart import LEFT, TRACKS
from swarmsim.report.canvas import HATCHES, Canvas
from swarmsim.report.disturbances import LASTING
from swarmsim.report.exchanges import SLOW
from swarmsim.report.stages import AFTER, STAGES
from swarmsim.report.story_of_clients import FAILED
from swarmsim.report.tables import RULING_TEXT
from swarmsim.scenario.steps import Loss, verb_of
from swarmsim.world import Power


def test_there_are_words_for_every_outcome() -> None:
    outcomes = {SLOW, *(each.value for each in Outcome), *(each.value for each in WriteOutcome)}
    assert outcomes - {"ok", "acknowledged"} <= set(FAILED)


def test_every_stage_has_its_track_and_waits_for_stages() -> None:
    assert set(TRACKS) == set(STAGES)
    assert {other for before in AFTER.values() for other in before} | set(AFTER) <= set(STAGES)


def test_every_stage_s_name_has_room_beside_the_bars() -> None:
    assert max(Canvas.text_width(name, "in-leader") for name in STAGES.values()) < LEFT - 10


def test_every_power_but_up_is_hatched() -> None:
    assert {f"power-{each.value}" for each in Power if each is not Power.UP} <= set(HATCHES)


def test_there_is_a_word_for_every_ruling() -> None:
    assert set(RULING_TEXT) == set(Ruling)


def test_what_lasts_is_known_by_its_verb() -> None:
    assert verb_of(Loss(0.3)) in LASTING
    assert "restart" not in LASTING
