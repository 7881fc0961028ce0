"""What this program says that it is, to clients of its API and in reports."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final


def package_version() -> str:
    """The installed version; empty if it runs from a tree that was never installed."""
    try:
        return version("swarmsim")
    except PackageNotFoundError:
        return ""


SERVER: Final = f"swarmsim/{package_version() or '0'} (linux)"
"""The `Server` header."""
