"""Names for containers that nobody has named."""

from collections.abc import Container
from random import Random
from typing import Final

_MANNERS: Final = (
    "brisk", "calm", "clever", "eager", "fair", "gentle", "glad", "humble", "keen", "mild", "nimble", "patient",
    "plain", "quiet", "ready", "sober", "steady", "sunny", "tidy", "vivid", "warm", "wary", "witty",
)  # fmt: skip
_BIRDS: Final = (
    "avocet", "bunting", "crane", "dipper", "egret", "finch", "grebe", "heron", "ibis", "jay", "kestrel", "lark",
    "nuthatch", "oriole", "plover", "quail", "robin", "siskin", "tern", "veery", "wagtail", "wren", "yaffle",
)  # fmt: skip
_TRIES: Final = 100


def free_name(rng: Random, taken: Container[str]) -> str:
    """`keen_heron`, or with a number behind it if many are taken."""
    for _ in range(_TRIES):
        name = f"{rng.choice(_MANNERS)}_{rng.choice(_BIRDS)}"
        if name not in taken:
            return name
    number = 1
    while f"{name}{number}" in taken:
        number += 1
    return f"{name}{number}"
