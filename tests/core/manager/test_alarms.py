"""Alarms against a plain dictionary."""

from hypothesis import given
from hypothesis import strategies as st

from core.manager.alarms import Alarms

acts = st.lists(
    st.tuples(st.sampled_from(["set", "set", "drop", "pop"]), st.sampled_from("abcdef"), st.integers(0, 20)),
    max_size=80,
)


@given(acts)
def test_alarms_ring_as_a_dictionary_of_times_says(steps: list[tuple[str, str, int]]) -> None:
    alarms: Alarms[str] = Alarms()
    times: dict[str, int] = {}
    for act, key, at in steps:
        if act == "set":
            alarms.set(key, at)
            times[key] = at
        elif act == "drop":
            alarms.drop(key)
            times.pop(key, None)
        else:
            due = sorted((when, other) for other, when in times.items() if when <= at)
            assert alarms.pop_due(at) == (due[0][1] if due else None)
            if due:
                del times[due[0][1]]
        assert alarms.next() == min(times.values(), default=None)
        assert all((other in alarms) == (other in times) for other in "abcdef")


def test_moving_one_alarm_for_ever_takes_no_room() -> None:
    alarms: Alarms[str] = Alarms()
    for at in range(10_000):
        alarms.set("beat", at)
    assert len(alarms._heap) < 100
