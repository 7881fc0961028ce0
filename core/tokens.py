"""Join tokens: `SWMTKN-1-<swarm>-<role>`, the form Docker uses (swarm.md §3.9).

The first part names the swarm (50 base-36 digits), the second is the secret that only holders of this role's token
know (25 digits). Both come from secret bytes that the driver draws; nothing here is random.
"""

from collections.abc import Sequence
from typing import Final

from core.objects.cluster import JoinTokens

TOKEN_SECRET_LENGTHS: Final = (32, 16, 16)
"""Bytes to ask for: of the swarm's part, the worker's and the manager's."""
ROTATION_SECRET_LENGTHS: Final = (16, 16)
"""When tokens may be replaced: of the worker's and the manager's part."""
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def join_tokens(secrets: Sequence[bytes]) -> JoinTokens:
    """The tokens of a new swarm, from secrets of `TOKEN_SECRET_LENGTHS`."""
    swarm, worker, manager = secrets
    name = _base36(swarm, 50)
    return JoinTokens(
        worker=f"SWMTKN-1-{name}-{_base36(worker, 25)}", manager=f"SWMTKN-1-{name}-{_base36(manager, 25)}"
    )


def renewed(token: str, secret: bytes) -> str:
    """The token that takes the place of this one: of the same swarm, with another secret."""
    return f"{token.rpartition('-')[0]}-{_base36(secret, 25)}"


def _base36(secret: bytes, length: int) -> str:
    number = int.from_bytes(secret, "big")
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 36)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
