"""Amounts of CPU and memory, as offered by nodes and asked for by tasks."""

from msgspec import Struct


class Resources(Struct, frozen=True, gc=False):
    """CPU in billionths of a core, memory in bytes, processes (0 = no limit)."""

    nano_cpus: int = 0
    memory_bytes: int = 0
    pids: int = 0


class Platform(Struct, frozen=True, gc=False):
    """An operating system and a processor architecture; an empty field matches any."""

    os: str = ""
    architecture: str = ""
