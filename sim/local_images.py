"""The images that one machine has pulled, and whether it can pull more."""

from sim.images import Catalogue, Image


class LocalImages:
    """Of all images there are, those that are there without being pulled first."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._pulled: dict[str, None] = {}
        self.pulls_fail = False
        """Fault: the registry does not answer."""

    def find(self, reference: str) -> Image | None:
        """The image that is meant; None if it cannot be had: unknown, or it would have to be pulled and cannot."""
        image = self._catalogue.find(reference)
        return None if image is None or (self.pulls_fail and image.name not in self._pulled) else image

    def has(self, image: Image) -> bool:
        """Whether it need not be pulled."""
        return image.name in self._pulled

    @property
    def pulled(self) -> tuple[str, ...]:
        """The names of those that are there."""
        return tuple(self._pulled)

    def wait_ns(self, image: Image) -> int:
        """How long until it is there."""
        return 0 if self.has(image) else image.pull_ns

    def add(self, image: Image) -> None:
        """It has been pulled."""
        self._pulled[image.name] = None

    def remove(self, image: Image) -> None:
        """It is there no more, for those who come."""
        self._pulled.pop(image.name, None)
