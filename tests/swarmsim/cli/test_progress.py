"""Where nobody watches a terminal, long work says now and then how far it is."""

import pytest

from swarmsim.cli.progress import PAUSE_S, Advance, progress_of


class Clock:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def pass_time(clock: Clock, advance: Advance, *seconds: float) -> None:
    for number, passed_s in enumerate(seconds, start=1):
        clock.now_s += passed_s
        advance(number, 9)


def test_a_line_now_and_then_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with progress_of("Loss", "seeds", shown=True, clock=clock) as advance:
        pass_time(clock, advance, PAUSE_S / 2, PAUSE_S / 2, 1, 1, PAUSE_S)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "Loss: 2 of 9 seeds after 10 s\nLoss: 5 of 9 seeds after 22 s\n"


def test_what_is_done_is_told_by_its_result(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with progress_of("Loss", "seeds", shown=True, clock=clock) as advance:
        clock.now_s += 100
        advance(9, 9)
    assert capsys.readouterr().err == ""


def test_quiet_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with progress_of("Loss", "seeds", shown=False, clock=clock) as advance:
        pass_time(clock, advance, 100, 100)
    assert capsys.readouterr() == ("", "")
