"""A shell that somebody types into."""

from collections.abc import Callable

import pytest

from sim.programs.waits import INTERRUPTED
from swarmsim.containers import Output
from swarmsim.worlds.typing import LONGEST_LINE_BYTES
from swarmsim.worlds.typing_shell import MOST_LINES, TypingShell, is_typed_into


class Story:
    """A shell whose commands end when the test says so."""

    def __init__(self, *, tty: bool, begun: bool = True) -> None:
        self.ran: list[str] = []
        self.seen = b""
        self.codes: list[int] = []
        self.killed_count = 0
        self._ended: Callable[[int], None] | None = None
        self.shell = TypingShell(self._run, self._take, self.codes.append, tty=tty)
        if begun:
            self.shell.begin()

    def _run(self, argv: tuple[str, ...], ended: Callable[[int], None]) -> Callable[[], None]:
        assert argv[:2] == ("sh", "-c")
        assert self._ended is None, "one after the other"
        self.ran.append(argv[2])
        self._ended = ended
        return self._kill

    def _kill(self) -> None:
        self.killed_count += 1

    def _take(self, output: Output, data: bytes) -> None:
        assert output is Output.STDOUT
        self.seen += data

    def ends(self, code: int = 0) -> None:
        """The command that runs ends."""
        assert self._ended is not None, "nothing runs"
        ended, self._ended = self._ended, None
        ended(code)


def test_lines_are_run_one_after_the_other_and_the_last_ones_code_is_its_own() -> None:
    story = Story(tty=False)
    story.shell.feed(b"one\n\n  \ntwo\nthr")
    assert story.ran == ["one"]
    story.ends(5)
    assert story.ran == ["one", "two"]
    story.shell.feed(b"ee")
    story.shell.end_input()
    story.ends()
    assert story.ran == ["one", "two", "three"]
    assert story.codes == []
    story.ends(7)
    assert (story.codes, story.seen) == ([7], b"")


@pytest.mark.parametrize(("line", "code"), [("exit", 4), ("exit 3", 3), ("exit 259", 3), ("exit now", 4)])
def test_exit_leaves_with_its_code_or_that_of_the_last_command(line: str, code: int) -> None:
    story = Story(tty=False)
    story.shell.feed(f"command\n{line}\nnever\n".encode())
    story.ends(4)
    assert (story.ran, story.codes) == (["command"], [code])
    story.shell.feed(b"neither\n")
    assert story.ran == ["command"]


def test_what_was_typed_before_it_began_is_run_then() -> None:
    story = Story(tty=False, begun=False)
    story.shell.feed(b"early\n")
    story.shell.end_input()
    assert (story.ran, story.codes) == ([], [])
    story.shell.begin()
    story.ends()
    assert (story.ran, story.codes) == (["early"], [0])


def test_a_terminal_shows_a_prompt_and_what_is_typed() -> None:
    story = Story(tty=True)
    story.shell.feed(b"lx\x7fs\r")
    assert (story.seen, story.ran) == (b"# lx\b \bs\n", ["ls"])
    story.ends()
    assert story.seen.endswith(b"\n# ")
    story.shell.feed(b"\x7f")
    assert story.seen.endswith(b"\n# "), "there is nothing to take back"


def test_an_interrupt_kills_what_runs_or_forgets_what_was_typed() -> None:
    story = Story(tty=True)
    story.shell.feed(b"sleep\r\x03")
    assert story.killed_count == 1
    story.ends(137)
    story.shell.feed(b"half\x03exit\r")
    assert (story.ran, story.codes) == (["sleep"], [INTERRUPTED])
    assert b"half^C\n# exit" in story.seen


def test_the_end_key_leaves_where_nothing_was_typed() -> None:
    story = Story(tty=True)
    story.shell.feed(b"ab\x04")
    assert story.codes == []
    story.shell.feed(b"\x7f\x7f\x04")
    assert story.codes == [0]


def test_without_a_terminal_keys_mean_nothing_but_themselves() -> None:
    story = Story(tty=False)
    story.shell.feed(b"a\x03\x04\x7f\n")
    assert story.ran == ["a\x03\x04\x7f"]


def test_it_ends_with_its_container_and_takes_along_what_runs() -> None:
    story = Story(tty=False)
    story.shell.feed(b"sleep\nnext\n")
    story.shell.end(137)
    story.shell.end(0)
    assert (story.killed_count, story.codes) == (1, [137])
    story.ends(137)
    assert story.ran == ["sleep"]


def test_what_waits_is_bounded() -> None:
    story = Story(tty=False)
    story.shell.feed(b"first\n" + b"more\n" * (MOST_LINES + 5) + b"x" * (LONGEST_LINE_BYTES + 5))
    for _ in range(MOST_LINES):
        story.ends()
    story.ends()
    assert len(story.ran) == 1 + MOST_LINES
    story.shell.end_input()
    assert len(story.ran[-1]) == LONGEST_LINE_BYTES


@pytest.mark.parametrize(
    ("argv", "typed"),
    [
        (("sh",), True),
        (("/bin/bash", "-l"), True),
        (("ash", "-i"), True),
        ((), False),
        (("sh", "-c", "ls"), False),
        (("cat",), False),
        (("sh", "script"), False),
    ],
)
def test_a_shell_that_is_given_nothing_to_do_is_typed_into(argv: tuple[str, ...], typed: bool) -> None:
    assert is_typed_into(argv) is typed
