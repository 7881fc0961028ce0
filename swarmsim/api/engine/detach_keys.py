"""Keys by which somebody at a terminal leaves it without ending what runs there: Ctrl-P Ctrl-Q, unless they say others.

Written as Docker does: keys with commas between, each one character or `ctrl-` and one.
"""

from collections.abc import Callable
from typing import Final

from swarmsim.api.errors import bad_request
from swarmsim.containers import Session

USUAL: Final = "ctrl-p,ctrl-q"
_CONTROLS: Final = {chr(code + 0x60): code for code in range(1, 27)} | {
    "@": 0,
    "[": 0x1B,
    "\\": 0x1C,
    "]": 0x1D,
    "^": 0x1E,
    "_": 0x1F,
}


def detach_keys(written: str) -> bytes:
    """The bytes that are typed. Refuses what is no list of keys."""
    return bytes(_key(each, written) for each in (written or USUAL).split(","))


def _key(key: str, written: str) -> int:
    if len(key) == 1 and key.isascii():
        return ord(key)
    control = _CONTROLS.get(key.lower().removeprefix("ctrl-"))
    if control is None or not key.lower().startswith("ctrl-"):
        raise bad_request(f"Invalid detach keys ({written}) provided: {key!r} is neither a character nor ctrl- and one")
    return control


class LeftByKeys:
    """A session at a terminal; `detached` is called when its keys are typed. Implements `Session`."""

    def __init__(self, session: Session, keys: bytes, detached: Callable[[], None]) -> None:
        self._session = session
        self._keys = keys
        self._detached = detached
        self._typed_count = 0
        """So many of the keys were typed, and are held back until it is known whether the others follow."""

    def feed(self, data: bytes) -> None:
        """So much more was typed."""
        held = self._keys[: self._typed_count]
        passed = bytearray()
        for byte in data:
            held += bytes((byte,))
            if held == self._keys:
                self._typed_count = 0
                self._pass(bytes(passed))
                self._detached()
                return
            while not self._keys.startswith(held):
                passed.append(held[0])
                held = held[1:]
        self._typed_count = len(held)
        self._pass(bytes(passed))

    def end_input(self) -> None:
        """Nobody types any more: what was held back was meant as it is."""
        self._pass(self._keys[: self._typed_count])
        self._typed_count = 0
        self._session.end_input()

    def leave(self) -> None:
        """They are there no more."""
        self._session.leave()

    def _pass(self, data: bytes) -> None:
        if data:
            self._session.feed(data)
