"""What a registry tells of an image, asked through the daemon: the digest to pin it by, and what it runs on."""

import sys
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from core.objects.resources import Platform
from swarmsim.cli.docker.client import Daemon, DaemonError

_NO_ARCHITECTURE: Final = "arm"
"""Images for it do not say for which of its variants they are: they may run on any."""


class Pinned(Struct, frozen=True):
    """An image, by its digest if that could be found out, and on what it runs; nothing: on anything."""

    image: str
    platforms: tuple[Platform, ...] = ()


def pinned(daemon: Daemon, image: str) -> Pinned:
    """The image with its digest; as it is, and a line on standard error, if no registry tells that."""
    try:
        found = daemon.get(f"/distribution/{image}/json")
    except DaemonError:
        print(f"image {image}: no registry tells its digest, so each node looks for it by itself", file=sys.stderr)
        return Pinned(image)
    platforms = tuple(dict.fromkeys(map(_platform, found.get("Platforms") or ())))
    return Pinned(image if "@" in image else f"{image}@{found['Descriptor']['digest']}", platforms)


def as_json(platforms: Iterable[Platform]) -> list[dict[str, str]]:
    """As a service's spec has them."""
    return [{"Architecture": platform.architecture, "OS": platform.os} for platform in platforms]


def _platform(told: dict[str, str]) -> Platform:
    architecture = told.get("architecture", "")
    if architecture.lower() == _NO_ARCHITECTURE:
        architecture = ""
    return Platform(os=told.get("os", ""), architecture=architecture)
