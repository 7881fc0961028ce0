"""What waits for a client that reads at its own speed."""

import asyncio

from swarmsim.api.streams.backlog import Backlog


async def taken(backlog: Backlog) -> list[bytes]:
    """All there is until the end."""
    pieces: list[bytes] = []
    while piece := await backlog.next():
        pieces.append(piece)
    return pieces


def test_what_is_put_in_comes_out_in_order_and_then_it_ends() -> None:
    async def story() -> None:
        backlog = Backlog()
        taker = asyncio.ensure_future(taken(backlog))
        backlog.put(b"one ")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        backlog.put(b"two ")
        backlog.put(b"three")
        backlog.end()
        backlog.put(b"too late")
        assert b"".join(await taker) == b"one two three"
        assert not backlog.overrun

    asyncio.run(story())


def test_who_reads_too_slowly_is_cut_off_after_what_was_there() -> None:
    async def story() -> None:
        backlog = Backlog(longest_bytes=10)
        backlog.put(b"12345")
        backlog.put(b"67890")
        assert not backlog.overrun
        backlog.put(b"!")
        assert backlog.overrun
        assert await taken(backlog) == [b"1234567890"]

    asyncio.run(story())


def test_what_was_taken_makes_room() -> None:
    async def story() -> None:
        backlog = Backlog(longest_bytes=10)
        for _ in range(5):
            backlog.put(b"1234567890")
            assert await backlog.next() == b"1234567890"
        assert not backlog.overrun

    asyncio.run(story())
