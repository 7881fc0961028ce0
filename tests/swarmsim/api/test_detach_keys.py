"""Leaving a terminal by keys."""

import pytest

from swarmsim.api.engine.detach_keys import LeftByKeys, detach_keys
from swarmsim.api.errors import ApiError


class Heard:
    """A session that keeps what it hears."""

    def __init__(self) -> None:
        self.typed = b""
        self.input_ended = False
        self.left = False

    def feed(self, data: bytes) -> None:
        self.typed += data

    def end_input(self) -> None:
        self.input_ended = True

    def leave(self) -> None:
        self.left = True


@pytest.mark.parametrize(
    ("written", "keys"),
    [("", b"\x10\x11"), ("ctrl-x", b"\x18"), ("ctrl-@,a,CTRL-C", b"\x00a\x03"), ("ctrl-[,ctrl-_", b"\x1b\x1f")],
)
def test_keys_are_written_as_docker_does(written: str, keys: bytes) -> None:
    assert detach_keys(written) == keys


@pytest.mark.parametrize("written", ["ab", "ctrl-1", "ctrl-", "ctrl-p,,ctrl-q", "é"])
def test_what_is_no_key_is_refused(written: str) -> None:
    with pytest.raises(ApiError, match="Invalid detach keys"):
        detach_keys(written)


@pytest.mark.parametrize(
    ("pieces", "heard", "detached_count"),
    [
        ((b"ab\x10\x11c",), b"ab", 1),
        ((b"a\x10", b"\x11"), b"a", 1),
        ((b"\x10\x10", b"\x11"), b"\x10", 1),
        ((b"\x10", b"b\x11"), b"\x10b\x11", 0),
        ((b"a\x10",), b"a", 0),
    ],
)
def test_a_session_hears_all_but_the_keys_by_which_it_is_left(
    pieces: tuple[bytes, ...], heard: bytes, detached_count: int
) -> None:
    session, detached = Heard(), list[None]()
    typist = LeftByKeys(session, detach_keys(""), lambda: detached.append(None))
    for piece in pieces:
        typist.feed(piece)
    assert (session.typed, len(detached)) == (heard, detached_count)


def test_keys_that_are_not_followed_by_the_others_were_meant_as_they_are() -> None:
    session = Heard()
    typist = LeftByKeys(session, detach_keys(""), lambda: None)
    typist.feed(b"a\x10")
    typist.end_input()
    typist.leave()
    assert (session.typed, session.input_ended, session.left) == (b"a\x10", True, True)
