"""Reads a simulated container's log as somebody wishes it: what is there, then perhaps what is yet to come."""

from collections.abc import Callable, Iterable
from itertools import islice

from sim.container_log import ContainerLog, LogLine, Stream
from swarmsim.containers import LineTaker, LogWish, Output, OutputLine

OUTPUTS = {Stream.STDOUT: Output.STDOUT, Stream.STDERR: Output.STDERR}


def wished(lines: Iterable[OutputLine], wish: LogWish) -> list[OutputLine]:
    """Those of the lines there are that are wished for."""
    found = [line for line in lines if is_wished(line, wish)]
    return found if wish.tail is None else list(islice(found, max(len(found) - wish.tail, 0), None))


def is_wished(line: OutputLine, wish: LogWish) -> bool:
    """Whether it is of a wished output and of a wished time."""
    return (
        (wish.stdout if line.output is Output.STDOUT else wish.stderr)
        and (wish.since is None or line.at >= wish.since)
        and (wish.until is None or line.at <= wish.until)
    )


class LogReading:
    """One reader; `wall_at` turns world times into its host's. It ends by `stop`, or by `end`, which is told."""

    def __init__(self, log: ContainerLog, wish: LogWish, wall_at: Callable[[int], int], taker: LineTaker) -> None:
        self._wish = wish
        self._wall_at = wall_at
        self._taker = taker
        self._ended = False
        self._undo = log.follow(self._take) if wish.follow else None
        for line in wished(map(self._shown, log.lines), wish):
            taker(line)
        if not wish.follow:
            self.end()

    def end(self) -> None:
        """There will be no more."""
        if not self._ended:
            self.stop()
            self._taker(None)

    def stop(self) -> None:
        """Nobody reads it any more."""
        self._ended = True
        if self._undo is not None:
            self._undo()

    def _take(self, line: LogLine) -> None:
        shown = self._shown(line)
        if self._wish.until is not None and shown.at > self._wish.until:
            self.end()
        elif is_wished(shown, self._wish):
            self._taker(shown)

    def _shown(self, line: LogLine) -> OutputLine:
        return OutputLine(self._wall_at(line.at), OUTPUTS[line.stream], line.data, line.whole)
