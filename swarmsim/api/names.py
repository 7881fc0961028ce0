"""Names for what clients declare without one: two words, as Docker gives them."""

from random import Random
from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_QUALITIES: Final = _words(
    "amber brisk calm clever crisp eager early fair fine fond gentle glad golden grand happy hardy honest "
    "keen kind lively lucky mellow merry mild modest noble patient plain polite proud quick quiet ready "
    "sharp shy silver sleepy sober steady still sturdy sunny swift tender tidy vivid warm wise witty "
    "young "
)
_BEINGS: Final = _words(
    "albatross badger beaver bison buzzard crane cricket curlew deer dolphin eagle eel falcon ferret "
    "finch fox gannet gecko goose grebe hare heron ibex jackdaw kestrel kite lark lemur lynx magpie "
    "marmot marten mole moose newt otter owl oyster perch pike plover puffin raven robin salmon seal "
    "shrew sparrow squid stoat stork swan swift tern toad trout turtle urchin viper vole walrus weasel "
    "whale wren "
)


class NameMaker:
    """Draws from chance; whoever takes a name sees to it that it is free."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def draw(self, number: int = 0) -> str:
        """`steady_heron`; with a number, for who found the first ones taken, `steady_heron3`."""
        return f"{self._rng.choice(_QUALITIES)}_{self._rng.choice(_BEINGS)}{number or ''}"
