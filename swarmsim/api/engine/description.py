"""What the engine behind the API says that it is."""

from typing import Final

from msgspec import Struct


class EngineDescription(Struct, frozen=True):
    """`version` is that of Docker's engine whose behaviour is followed."""

    version: str = "28.2.2"
    kernel: str = "simulated"
    operating_system: str = "swarmsim"


ENGINE: Final = EngineDescription()
