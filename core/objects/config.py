"""Configs: bytes that tasks may read and anyone may inspect."""

from msgspec import Struct

from core.ids import ConfigId


class ConfigSpec(Struct, frozen=True, gc=False):
    """`data` is at most 1,024,000 bytes and never changes."""

    name: str
    data: bytes = b""
    labels: dict[str, str] = {}
    unsupported: str = ""
    """What Docker knows of it and has no effect here, kept to be shown as it was sent (`core.codec.docker`)."""


class Config(Struct, frozen=True, gc=False, tag="config"):
    """A config as stored."""

    id: ConfigId
    spec: ConfigSpec
    version: int = 0
    created_at: int = 0
    updated_at: int = 0
