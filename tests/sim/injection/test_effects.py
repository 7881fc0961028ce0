"""Every fault shows, and what lasts leaves nothing behind: taken back at its end, or by the verb that undoes it."""

import pytest
from fault_effects import AFTERMATH_NS, EFFECTS, Effect, racked_stage

from core.trials.endings import LASTING, UNDOES, verb_of

MOMENTARY = [kind for kind in EFFECTS if kind not in LASTING and kind not in UNDOES]
UNDONE = [(verb, kind) for verb, kinds in UNDOES.items() for kind in kinds]


def effect_of(kind: type) -> Effect:
    return EFFECTS[kind]


@pytest.mark.parametrize("kind", EFFECTS, ids=verb_of)
def test_without_a_fault_there_is_nothing_to_see(kind: type) -> None:
    stage, effect = racked_stage(), effect_of(kind)
    assert effect.sight(stage) == effect.sight(stage)


@pytest.mark.parametrize("kind", LASTING, ids=verb_of)
def test_what_lasts_shows_until_it_ends_and_no_longer(kind: type) -> None:
    stage, effect = racked_stage(), effect_of(kind)
    before = effect.sight(stage)
    number = stage.start(effect.fault)
    assert effect.sight(stage) != before
    assert effect.sight(stage) != before, "it is still there"
    stage.end(number)
    stage.world.run_for(AFTERMATH_NS)
    assert effect.sight(stage) == before
    assert not stage.injector.active


@pytest.mark.parametrize("kind", MOMENTARY, ids=verb_of)
def test_what_happens_in_a_moment_shows(kind: type) -> None:
    stage, effect = racked_stage(), effect_of(kind)
    before = effect.sight(stage)
    stage.start(effect.fault)
    assert effect.sight(stage) != before


@pytest.mark.parametrize(("verb", "kind"), UNDONE, ids=lambda kind: verb_of(kind))
def test_a_verb_takes_back_whatever_it_undoes(verb: type, kind: type) -> None:
    stage, effect = racked_stage(), effect_of(kind)
    before = effect.sight(stage)
    stage.start(effect.fault)
    assert effect.sight(stage) != before
    stage.start(effect_of(verb).fault)
    stage.world.run_for(AFTERMATH_NS)
    assert effect.sight(stage) == before
    assert not stage.injector.active


def test_a_restart_reboots_whoever_is_up() -> None:
    stage, effect = racked_stage(), effect_of(next(verb for verb in UNDOES if verb_of(verb) == "restart"))
    before = effect.sight(stage)
    stage.start(effect.fault)
    stage.world.run_for(AFTERMATH_NS)
    assert effect.sight(stage) == before + 1
