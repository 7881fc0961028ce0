"""The images of one simulated machine, by the names that people call them.

`alpine`, `alpine:latest` and `docker.io/library/alpine@sha256:…` are one image. A simulated image holds nothing, so its
digest follows from its name: every host and every registry says the same.
"""

import hashlib
from typing import Final

from sim.images import Catalogue, Image
from sim.local_images import LocalImages
from swarmsim.containers import EngineError, EngineImage, Remote, Trouble

_USUAL: Final = ("docker.io/", "index.docker.io/", "library/")
"""What stands before a name and says nothing."""


def tagged(reference: str) -> str:
    """The name as it is shown: with a tag, without a digest and without what is usual."""
    name = reference.partition("@")[0]
    for prefix in _USUAL:
        name = name.removeprefix(prefix)
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def digest_of(reference: str) -> str:
    """The one it names, else the one that follows from its name."""
    _, at, digest = reference.partition("@")
    return digest if at else f"sha256:{hashlib.sha256(tagged(reference).encode()).hexdigest()}"


class SimulatedImages:
    """What `ContainerEngine` says of images; `made_at` in wall-clock nanoseconds."""

    def __init__(self, catalogue: Catalogue, local: LocalImages, made_at: int) -> None:
        self._catalogue = catalogue
        self._local = local
        self._made_at = made_at

    def all(self) -> tuple[EngineImage, ...]:
        """Those that are there, each once, in the order in which they came."""
        return tuple({tagged(name): self._described(name) for name in self._local.pulled}.values())

    def find(self, reference: str) -> EngineImage | None:
        """The one of this name, digest or (with or without its algorithm) beginning of an id."""
        for image in self.all():
            if image.reference == tagged(reference) and digest_of(reference) in (
                image.digest,
                digest_of(image.reference),
            ):
                return image
        wanted = reference.removeprefix("sha256:")
        if len(wanted) >= _SHORTEST_ID and set(wanted) <= _HEX:
            return next((image for image in self.all() if image.id[7:].startswith(wanted)), None)
        return None

    def at_hand(self, reference: str) -> str:
        """What the machine is to call an image that is there. Raises EngineError if it is not."""
        found = self.find(reference)
        if found is None:
            raise EngineError(Trouble.NOT_FOUND, f"No such image: {tagged(reference)}")
        name = reference if tagged(reference) == found.reference else found.reference
        image = self._catalogue.find(name)
        assert image is not None, "what is there can be had"
        self._local.add(image)
        return name

    def remote(self, reference: str) -> Remote:
        """What a registry says of it."""
        if self._local.pulls_fail:
            raise EngineError(Trouble.FAILED, f"no registry answers when it is asked for {tagged(reference)}")
        if self._catalogue.find(reference) is None:
            raise EngineError(Trouble.NOT_FOUND, f"manifest for {tagged(reference)} not found: manifest unknown")
        return Remote(digest_of(reference), 0)

    def remove(self, reference: str) -> None:
        """Under all its names."""
        found = self.find(reference)
        if found is None:
            raise EngineError(Trouble.NOT_FOUND, f"No such image: {tagged(reference)}")
        for name in self._local.pulled:
            if tagged(name) == found.reference:
                self._local.remove(Image(name))

    def _described(self, name: str) -> EngineImage:
        image = self._catalogue.find(name) or Image(name)
        ports = (image.port, *image.other_ports) if image.port is not None else image.other_ports
        digest = digest_of(name)
        return EngineImage(digest, tagged(name), digest, self._made_at, 0, image.entrypoint, image.command, ports)


_SHORTEST_ID: Final = 4
_HEX: Final = frozenset("0123456789abcdef")
