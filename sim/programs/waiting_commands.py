"""The commands that take their time without asking anybody: `sleep` and `tail`."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from core.timing import SECOND
from sim.programs.inside import Inside
from sim.programs.waits import Idle, Program, Sleep

WaitingCommand = Callable[[Inside, Sequence[str]], Program]
_DURATION: Final = re.compile(r"(\d+\.?\d*|\.\d+)([smhd]?)")
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def sleep(inside: Inside, arguments: Sequence[str]) -> Program:
    """So many seconds, minutes, hours or days together, with fractions."""
    if not arguments:
        inside.complain("sleep: missing operand")
        return 1
    duration_ns = 0
    for written in arguments:
        found = _DURATION.fullmatch(written)
        if written in ("inf", "infinity"):
            yield Idle()
        if found is None:
            inside.complain(f"sleep: invalid number '{written}'")
            return 1
        duration_ns += nanoseconds(found[1], found[2])
    yield Sleep(duration_ns)
    return 0


def nanoseconds(number: str, unit: str = "s") -> int:
    """A decimal number of a unit, exactly: floats would round long times."""
    whole, _, fraction = number.partition(".")
    return _SECONDS[unit] * (int(whole or 0) * SECOND + int((fraction + "0" * 9)[:9]))


def tail(inside: Inside, arguments: Sequence[str]) -> Program:
    """The last ten lines of files; with `-f` for ever, as nothing is added to a file here."""
    code = 0
    before = ("", *arguments)
    for path in (each for last, each in zip(before, arguments, strict=False) if last != "-n" and each[:1] != "-"):
        data = b"" if path == "/dev/null" else inside.files.read(path)
        if data is None:
            inside.complain(f"tail: can't open '{path}': No such file or directory")
            code = 1
        else:
            inside.pour(b"".join(data.splitlines(keepends=True)[-10:]))
    if not code and any(each in ("-f", "-F") for each in arguments):
        yield Idle()
    return code


WAITING_COMMANDS: Final[Mapping[str, WaitingCommand]] = {"sleep": sleep, "tail": tail}
