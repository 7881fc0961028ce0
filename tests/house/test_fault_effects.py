"""No fault without a way to see it: `tests/sim/injection/test_effects.py` goes through this table."""

from fault_effects import EFFECTS

from core.trials.endings import FAULTS, verb_of


def test_the_table_of_effects_has_every_fault() -> None:
    assert [verb_of(kind) for kind in FAULTS if kind not in EFFECTS] == []
    assert len(EFFECTS) == len(FAULTS)
