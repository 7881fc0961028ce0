"""A terminal whose program reads nothing: what is typed is shown, and Ctrl-C interrupts the program."""

from collections.abc import Callable

from swarmsim.containers import Output, OutputTaker
from swarmsim.worlds.typing import Typing


class Terminal:
    """Implements `swarmsim.containers.Session`."""

    def __init__(self, interrupt: Callable[[], None], take: OutputTaker) -> None:
        self._typing = Typing(lambda line: None, lambda: None, interrupt, lambda keys: take(Output.STDOUT, keys))

    def feed(self, data: bytes) -> None:
        """So much more was typed."""
        self._typing.feed(data)

    def end_input(self) -> None:
        """Nobody waits for that."""

    def leave(self) -> None:
        """Nobody notices."""
