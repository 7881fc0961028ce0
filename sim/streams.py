"""What one machine's daemon tells another's, piece by piece, over their links: in order, or with the news of a break.

Theory of operation. The asker asks until it hears something; a daemon that is dead refuses, if its machine lives. The
teller opens its source when it is first asked, and sends what that has, one packet at a time: the next when the last is
acknowledged, the same again if it is not in time. While it has nothing to say it says so every second: an asker that
hears nothing for a while knows that it will not. What waits at the teller is bounded, and who falls behind is cut off.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from core.timing import MS, SECOND

if TYPE_CHECKING:
    from sim.machine import Machine

PATIENCE_NS: Final = 5 * SECOND
"""Of the asker, in silence."""
_ASK_AGAIN_NS: Final = 1 * SECOND
_IDLE_NS: Final = 1 * SECOND
"""How long the teller has nothing to say until it says so."""
_RESEND_NS: Final = 200 * MS
_SLOWEST_RESEND_NS: Final = 1 * SECOND
_PIECES_PER_PACKET: Final = 64
MOST_WAITING: Final = 20_000
_HEAD_BYTES: Final = 60
_ASK_BYTES: Final = 300

Put = Callable[[Any, int], None]
"""Called with a piece and its size in bytes."""
Open = Callable[[Put, Callable[[], None]], Callable[[], None]]
"""Begins a source: given where its pieces go and what is to be called at its end; returns what stops it."""


class RemoteStream:
    """From its making until its end: `took` is told each piece, then one of `ended` and `broke` is called, once."""

    def __init__(
        self,
        asker: Machine,
        teller: Machine,
        source: Open,
        took: Callable[[Any], None],
        ended: Callable[[], None],
        broke: Callable[[], None],
    ) -> None:
        self._loop = asker.loop
        self._asker = asker
        self._teller = teller
        self._source = source
        self._took = took
        self._ended = ended
        self._broke = broke
        self._over = False
        self._heard_at = self._loop.now
        self._taken_count = 0
        """Packets, at the asker."""
        self._daemon: object = None
        """That of the teller which was asked first, and tells."""
        self._stop: Callable[[], None] | None = None
        self._waiting: deque[tuple[Any, int]] = deque()
        self._source_over = False
        self._sent_count = 0
        """Packets that were acknowledged, at the teller."""
        self._under_way: tuple[tuple[Any, int], ...] | None = None
        self._ask()
        self._loop.call_after(PATIENCE_NS, self._look)

    def stop(self) -> None:
        """Nobody listens any more; nothing more is told."""
        self._over = True
        if self._stop is not None:
            self._stop()

    # --- the asker

    def _ask(self) -> None:
        if self._over or self._daemon is not None:
            return
        self._send(self._asker, self._teller, _ASK_BYTES, self._asked)
        self._loop.call_after(_ASK_AGAIN_NS, self._ask)

    def _look(self) -> None:
        if self._over:
            return
        left_ns = self._heard_at + PATIENCE_NS - self._loop.now
        if left_ns > 0:
            self._loop.call_after(left_ns, self._look)
        else:
            self._break()

    def _arrived(self, number: int, pieces: tuple[tuple[Any, int], ...], last: bool) -> None:
        if self._over:
            return
        self._heard_at = self._loop.now
        self._send(self._asker, self._teller, _HEAD_BYTES, lambda: self._acknowledged(number))
        if number != self._taken_count:  # it had come before
            return
        self._taken_count += 1
        for piece, _ in pieces:
            if not self._over:
                self._took(piece)
        if last and not self._over:
            self.stop()
            self._ended()

    def _break(self) -> None:
        if not self._over:
            self.stop()
            self._broke()

    # --- the teller

    def _asked(self) -> None:
        if self._over or self._daemon is not None or not self._teller.powered:
            return
        if self._teller.daemon is None:
            self._send(self._teller, self._asker, _HEAD_BYTES, self._break)
        elif self._teller.running:
            self._daemon = self._teller.daemon
            self._stop = self._source(self._put, self._source_ended)
            if self._over:  # the source has had it ended
                self._stop()
            self._tell()

    def _put(self, piece: Any, size: int) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append((piece, size))
            self._tell_soon()
        else:
            self._send(self._teller, self._asker, _HEAD_BYTES, self._break)

    def _source_ended(self) -> None:
        self._source_over = True
        self._tell_soon()

    def _tell_soon(self) -> None:
        """What comes at the same instant goes together."""
        if self._stop is not None and self._under_way is None:
            self._loop.call_after(0, self._tell)

    def _tell(self) -> None:
        if self._over or self._under_way is not None:
            return
        count = min(len(self._waiting), _PIECES_PER_PACKET)
        self._under_way = tuple(self._waiting.popleft() for _ in range(count))
        self._resend(self._sent_count, _RESEND_NS)

    def _resend(self, number: int, wait_ns: int) -> None:
        """Send the packet under way until it is acknowledged."""
        if self._over or number != self._sent_count:
            return
        if self._teller.daemon is not self._daemon:
            if self._teller.powered:
                self._send(self._teller, self._asker, _HEAD_BYTES, self._break)
            return
        if self._teller.running:
            pieces = self._under_way or ()
            last = self._source_over and not self._waiting
            size = _HEAD_BYTES + sum(size for _, size in pieces)
            self._send(self._teller, self._asker, size, lambda: self._arrived(number, pieces, last))
        self._loop.call_after(wait_ns, self._resend, number, min(2 * wait_ns, _SLOWEST_RESEND_NS))

    def _acknowledged(self, number: int) -> None:
        if self._over or number != self._sent_count or self._teller.daemon is not self._daemon:
            return
        self._sent_count += 1
        self._under_way = None
        if self._waiting or self._source_over:
            self._tell()
        else:
            self._loop.call_after(_IDLE_NS, self._tell_nothing, self._sent_count)

    def _tell_nothing(self, number: int) -> None:
        """Say so, unless something was said meanwhile."""
        if number == self._sent_count:
            self._tell()

    # --- packets

    def _send(self, source: Machine, target: Machine, size: int, arrived: Callable[[], None]) -> None:
        delay_ns = source.link_to(target).packet(size)
        if delay_ns is not None:
            self._loop.call_after(delay_ns, arrived)
