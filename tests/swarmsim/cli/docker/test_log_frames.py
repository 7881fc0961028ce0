"""What a daemon streams of logs, cut into frames and lines."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from swarmsim.cli.docker.log_frames import FAILURE, STDERR, Line, frames, parsed

CONTENTS = [(1, b"started\n"), (STDERR, b"bad\n"), (1, b""), (FAILURE, b"incomplete log stream\n")]
STREAM = b"".join(bytes([stream, 0, 0, 0]) + len(content).to_bytes(4, "big") + content for stream, content in CONTENTS)


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_frames_are_found_however_the_stream_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[begin:end] for begin, end in pairwise(places)]
    assert list(frames(chunks)) == CONTENTS


def test_a_frame_that_breaks_off_is_left_out() -> None:
    assert list(frames([STREAM[:-1]])) == CONTENTS[:-1]


WHO = b"com.docker.swarm.node.id=n,com.docker.swarm.service.id=s,com.docker.swarm.task.id=t"


def test_a_line_tells_who_wrote_it() -> None:
    assert parsed(WHO + b" hello world\n", timestamps=False) == Line(b"", "n", "s", "t", "", b"hello world\n")


def test_it_may_tell_when_and_what_else_is_known() -> None:
    content = b"2026-01-31T12:00:00Z " + WHO + b",tier=front%2Cend " + b" two  blanks\n"
    assert parsed(content, timestamps=True) == Line(
        b"2026-01-31T12:00:00Z", "n", "s", "t", "tier=front,end", b" two  blanks\n"
    )
