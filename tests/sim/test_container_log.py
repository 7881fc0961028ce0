"""What a container has written, by lines."""

from sim.container_log import KEPT_LINES, LONGEST_LINE_BYTES, ContainerLog, LogLine, Stream

OUT, ERR = Stream.STDOUT, Stream.STDERR


def test_lines_have_their_time_and_stream() -> None:
    log = ContainerLog()
    log.write(5, OUT, b"one\ntwo\n")
    log.write(7, ERR, b"bad\n")
    assert list(log.lines) == [LogLine(5, OUT, b"one"), LogLine(5, OUT, b"two"), LogLine(7, ERR, b"bad")]


def test_a_line_is_one_when_its_end_has_come() -> None:
    log = ContainerLog()
    log.write(1, OUT, b"hal")
    log.write(2, ERR, b"other\n")
    log.write(3, OUT, b"f\nre")
    assert [line.data for line in log.lines] == [b"other", b"half"]
    log.end(4)
    assert log.lines[-1] == LogLine(4, OUT, b"re", whole=False)
    log.write(5, OUT, b"new\n")
    assert log.lines[-1].data == b"new"


def test_only_the_last_lines_are_kept() -> None:
    log = ContainerLog()
    for number in range(KEPT_LINES + 2):
        log.write(number, OUT, b"line\n")
    assert (len(log.lines), log.lines[0].at) == (KEPT_LINES, 2)


def test_a_long_line_becomes_several_whether_it_ends_or_not() -> None:
    for end in (b"", b"\n"):
        log = ContainerLog()
        log.write(1, OUT, b"x" * (2 * LONGEST_LINE_BYTES + 3) + end)
        log.end(2)
        assert [len(line.data) for line in log.lines] == [LONGEST_LINE_BYTES, LONGEST_LINE_BYTES, 3]
        assert [line.whole for line in log.lines] == [False, False, end == b"\n"]


def test_followers_hear_every_line_to_come_until_they_are_gone() -> None:
    log = ContainerLog()
    log.write(1, OUT, b"before\n")
    heard: list[bytes] = []
    undo = log.follow(lambda line: heard.append(line.data))
    log.write(2, OUT, b"a\nb\n")
    undo()
    undo()
    log.write(3, OUT, b"after\n")
    assert heard == [b"a", b"b"]


def test_a_tap_hears_everything_as_it_is_written() -> None:
    log = ContainerLog()
    log.write(1, OUT, b"before")
    heard: list[tuple[Stream, bytes]] = []
    undo = log.tap(lambda stream, data: heard.append((stream, data)))
    log.write(2, OUT, b"a\nb")
    log.write(3, ERR, b"c")
    undo()
    log.write(4, OUT, b"after")
    assert heard == [(OUT, b"a\nb"), (ERR, b"c")]
