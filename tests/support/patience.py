"""Waiting for what a real port does in its own time."""

import asyncio
from collections.abc import Callable

PATIENCE_S = 20.0
"""How long a real port may take on a stalled machine before a test fails."""


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop go on until it holds; TimeoutError if it does not come to."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.001)  # the condition is what is waited for, this only yields
