"""Streams over one connection."""

from swarmsim.api.streams.multiplex import MULTIPLEXED, RAW, Mixer, content_type
from swarmsim.containers import Output


def test_each_piece_says_whose_it_is_and_how_long() -> None:
    mixer = Mixer(tty=False)
    assert mixer.output(Output.STDOUT, b"hello") == b"\x01\0\0\0\0\0\0\x05hello"
    assert mixer.output(Output.STDERR, b"x" * 258) == b"\x02\0\0\0\0\0\x01\x02" + b"x" * 258
    assert mixer.error("no") == b"\x03\0\0\0\0\0\0\x03no\n"


def test_a_terminal_is_one_stream_whose_lines_end_as_terminals_want() -> None:
    mixer = Mixer(tty=True)
    assert mixer.output(Output.STDOUT, b"one\ntwo") + mixer.output(Output.STDERR, b"\n") == b"one\r\ntwo\r\n"


def test_newer_versions_are_told_whether_streams_are_mixed() -> None:
    assert [content_type(version, tty=False) for version in ((1, 24), (1, 41), (1, 42), (1, 50))] == [
        RAW,
        RAW,
        MULTIPLEXED,
        MULTIPLEXED,
    ]
    assert content_type((1, 50), tty=True) == RAW
