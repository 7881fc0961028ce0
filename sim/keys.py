"""A machine's source of secrets: the same for the same seed, which nothing outside a simulation may be."""

from random import Random

from core.effects import MakeKeys
from core.events import KeyMaterial
from core.ports import Deliver
from sim.loop import Loop

KEYS_NS = 100_000
"""What the system's generator takes."""


class Keys:
    """Implements `core.ports.KeyMaker`."""

    def __init__(self, loop: Loop, rng: Random) -> None:
        self._loop = loop
        self._rng = rng

    def __call__(self, effect: MakeKeys, deliver: Deliver) -> None:
        material = KeyMaterial(effect.ticket, tuple(map(self._rng.randbytes, effect.lengths)))
        self._loop.call_after(KEYS_NS, deliver, material)
