"""What simulated hosts are: Linux on amd64. Images are for that, and for nothing else."""

from typing import Final

OS: Final = "linux"
ARCHITECTURE: Final = "amd64"
_OURS: Final = ("", OS, f"{OS}/{ARCHITECTURE}", f"{OS}/x86_64", "null")


def is_ours(platform: str) -> bool:
    """Whether a client asks for that, or for nothing in particular."""
    return platform in _OURS
