"""The key that unlocks managers after a restart: `SWMKEY-1-` and 32 bytes in base 64, as Docker has it (swarm.md §3.9).

The bytes are drawn by a driver. A host remembers a check of the key, never the key: who reads that has 2²⁵⁶ keys to
try.
"""

from base64 import b64decode, b64encode
from binascii import Error
from hashlib import sha256
from typing import Final

UNLOCK_SECRET_LENGTH: Final = 32
_PREFIX: Final = "SWMKEY-1-"


def unlock_key(secret: bytes) -> str:
    """The key made of `UNLOCK_SECRET_LENGTH` bytes, as people are shown it."""
    return _PREFIX + b64encode(secret).rstrip(b"=").decode()


def is_well_formed(key: str) -> bool:
    """Whether this could be a key at all."""
    if not key.startswith(_PREFIX):
        return False
    try:
        return unlock_key(b64decode(key.removeprefix(_PREFIX) + "=", validate=True)) == key
    except (Error, ValueError):
        return False


def check_of(key: str) -> str:
    """What is remembered of a key; empty for none."""
    return sha256(key.encode()).hexdigest() if key else ""
