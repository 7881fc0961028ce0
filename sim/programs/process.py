"""One process: a program's waits, spent in simulated time."""

from collections.abc import Callable

from sim.loop import Loop
from sim.programs.waits import Ask, Program, Serve, Sleep, Wait
from sim.visits import Visited


class Process:
    """Runs from `begin` until its program returns or somebody kills it; its end is told once, later than it begins.

    `asks` sends a request from where it runs, and tells once what came of that. `serves` is called when the program is
    the image's own and listens from then on.
    """

    __slots__ = ("_asks", "_ended", "_loop", "_program", "_serves", "_steps", "ended", "serving")

    def __init__(
        self,
        loop: Loop,
        asks: Callable[[Ask, Callable[[Visited], None]], None],
        program: Program,
        ended: Callable[[int], None],
        serves: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._asks = asks
        self._program = program
        self._ended = ended
        self._serves = serves
        self._steps = False
        """Its program is at work just now, and not waiting."""
        self.ended = False
        self.serving = False
        """It is the image's own program now, which attends to signals."""

    def begin(self) -> None:
        """Its first steps, up to its first wait."""
        self._resume(None)

    def kill(self, code: int) -> None:
        """It ends now with this exit code, unless it has."""
        if not self.ended:
            self._end(code)
            if not self._steps:  # else its own output has led to this
                self._program.close()

    def _resume(self, visited: Visited | None) -> None:
        if self.ended:
            return
        self._steps = True
        try:
            wait = self._program.send(visited)
        except StopIteration as end:
            if not self.ended:
                self._end(end.value)
            return
        finally:
            self._steps = False
        if self.ended:
            self._program.close()
        else:
            self._await(wait)

    def _await(self, wait: Wait) -> None:
        if isinstance(wait, Sleep):
            self._loop.call_after(wait.duration_ns, self._resume, None)
        elif isinstance(wait, Ask):
            self._asks(wait, self._resume)
        elif isinstance(wait, Serve):
            self.serving = True
            self._serves()

    def _end(self, code: int) -> None:
        self.ended = True
        self._loop.call_after(0, self._ended, code)
