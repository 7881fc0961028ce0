"""Runs command lines: what one stands for, and what comes of several.

A name of one of the commands here, alone or in a usual folder, is that command; `sh -c TEXT` reads the text
(`sim.programs.syntax`); a shell without a text has nothing to read and ends, unless somebody holds its input open.
What else a command line may be, its `Unknown` says: in a container's own command the image's program, in an exec
something that is not there.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from core.timing import MS
from sim.programs.commands import COMMANDS
from sim.programs.fetching import FETCHING_COMMANDS
from sim.programs.inside import Inside
from sim.programs.syntax import Chain, Command, Loop, NotRead, Simple, Word, parse
from sim.programs.syntax import Sequence as Commands
from sim.programs.waiting_commands import WAITING_COMMANDS, WaitingCommand
from sim.programs.waits import COULD_NOT_RUN, Idle, Program, Serve, Sleep

DEEPEST: Final = 20
"""Shells in shells."""
TURN_NS: Final = 10 * MS
"""What each turn of a loop takes, so that none stands still in time."""
Unknown = Callable[[Inside, Sequence[str], str], Program]
"""Runs a command line that is none of those here, and is told why not."""
_FOLDERS: Final = ("/bin/", "/usr/bin/", "/usr/local/bin/", "/sbin/", "/usr/sbin/")
_SHELLS: Final = frozenset(("sh", "bash", "ash", "dash"))
_WAITING: Final[Mapping[str, WaitingCommand]] = {**WAITING_COMMANDS, **FETCHING_COMMANDS}
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+|\?))")
UNDERSTOOD: Final = ", ".join(sorted((*(name for name in COMMANDS if name.isalpha()), *_WAITING, "exit", "sh -c")))
NOT_FOUND: Final = f"not found: a simulated container understands {UNDERSTOOD}"
READ: Final = "a simulated shell reads commands joined by ;, && and ||, quotes, variables and while loops"


def own_program(inside: Inside, argv: Sequence[str], why: str) -> Program:
    """The program that the image is for."""
    yield Serve()
    return 0


def not_there(inside: Inside, argv: Sequence[str], why: str) -> Program:
    """Nothing: only the commands here can be run beside the image's program."""
    inside.complain(f"{argv[0]}: {why}")
    return COULD_NOT_RUN
    yield  # which makes it a program


def run(inside: Inside, argv: Sequence[str], unknown: Unknown) -> Program:
    """Run a command line of one word or more."""
    try:
        return (yield from _Shell(inside, unknown).run(argv))
    except _Exit as ended:
        return ended.code


def is_understood(argv: Sequence[str]) -> bool:
    """Whether every command in this command line is one of those here."""
    if not argv:
        return False
    name = _name(argv[0])
    if name in _SHELLS:
        text = _text(argv)
        try:
            return text is None or all(map(is_understood, _simple(parse(text))))
        except NotRead:
            return False
    return name in COMMANDS or name in _WAITING or name == "exit"


class _Exit(Exception):
    def __init__(self, code: int) -> None:
        self.code = code


class _Shell:
    """`status` is the exit code of the last command."""

    def __init__(self, inside: Inside, unknown: Unknown, depth: int = 0) -> None:
        self._inside = inside
        self._unknown = unknown
        self._depth = depth
        self._status = 0

    def run(self, argv: Sequence[str]) -> Program:
        while argv[0] == "exec" and len(argv) > 1:
            argv = argv[1:]
        name, arguments = _name(argv[0]), list(argv[1:])
        if name == "exit":
            raise _Exit(int(arguments[0]) % 256 if arguments and arguments[0].isdecimal() else self._status)
        if name in COMMANDS:
            return COMMANDS[name](self._inside, arguments)
        if name in _WAITING:
            return (yield from _WAITING[name](self._inside, arguments))
        if name in _SHELLS:
            return (yield from self._script(argv))
        return (yield from self._unknown(self._inside, argv, NOT_FOUND))

    def _script(self, argv: Sequence[str]) -> Program:
        text = _text(argv)
        if text is None:
            if self._inside.container.spec.tty or self._inside.container.spec.open_stdin:
                yield Idle()
            return 0
        try:
            commands = parse(text)
            if self._depth == DEEPEST:
                raise NotRead("too many shells in each other")
        except NotRead as reason:
            return (yield from self._unknown(self._inside, argv, f"{reason}: {READ}"))
        try:
            return (yield from _Shell(self._inside, self._unknown, self._depth + 1)._sequence(commands))
        except _Exit as ended:
            return ended.code

    def _sequence(self, commands: Commands) -> Program:
        for chain in commands.chains:
            self._status = yield from self._chain(chain)
        return self._status

    def _chain(self, chain: Chain) -> Program:
        self._status = yield from self._command(chain.first)
        for operator, command in chain.others:
            if (self._status == 0) is (operator == "&&"):
                self._status = yield from self._command(command)
        return self._status

    def _command(self, command: Command) -> Program:
        if isinstance(command, Simple):
            return (yield from self.run([self._expand(word) for word in command.words]))
        status = 0
        while (yield from self._sequence(command.condition)) == 0:
            status = yield from self._sequence(command.body)
            yield Sleep(TURN_NS)
        return status

    def _expand(self, word: Word) -> str:
        return "".join(_VARIABLE.sub(self._value, piece.text) if piece.expands else piece.text for piece in word)

    def _value(self, found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return str(self._status) if name == "?" else self._inside.environment.get(name, "")


def _name(word: str) -> str:
    folder, slash, name = word.rpartition("/")
    return name if folder + slash in _FOLDERS else word


def _text(argv: Sequence[str]) -> str | None:
    """What follows `-c`."""
    return argv[2] if len(argv) > 2 and argv[1] in ("-c", "-lc") else None


def _simple(commands: Commands) -> list[list[str]]:
    """All simple commands in it, their variables left as they are."""
    found: list[list[str]] = []
    for chain in commands.chains:
        for command in (chain.first, *(other for _, other in chain.others)):
            if isinstance(command, Loop):
                found += [*_simple(command.condition), *_simple(command.body)]
            else:
                found.append(["".join(piece.text for piece in word) for word in command.words])
    return found
