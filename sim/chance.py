"""Independent sources of chance, each derived from the world's seed and a name.

A source of its own for each thing that draws means that one more draw here changes nothing there.
"""

from random import Random


def stream(seed: int, *names: str | int) -> Random:
    """The generator that belongs to these names under this seed; the same in any process (SHA-512)."""
    return Random("/".join(map(str, (seed, *names))))
