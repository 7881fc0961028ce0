"""Secrets: bytes that only entitled tasks may read."""

from msgspec import Struct

from core.ids import SecretId


class SecretSpec(Struct, frozen=True, gc=False):
    """`data` is 1 to 512,000 bytes and never changes."""

    name: str
    data: bytes = b""
    labels: dict[str, str] = {}
    unsupported: str = ""
    """What Docker knows of it and has no effect here, kept to be shown as it was sent (`core.codec.docker`)."""


class Secret(Struct, frozen=True, gc=False, tag="secret"):
    """A secret as stored."""

    id: SecretId
    spec: SecretSpec
    version: int = 0
    created_at: int = 0
    updated_at: int = 0
