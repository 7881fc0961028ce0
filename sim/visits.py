"""What comes of one request, for those who want the answer and not only its outcome."""

from msgspec import Struct

from core.trials.clients import Failure, Outcome


class Answer(Struct, frozen=True, gc=False):
    """Who answered: a container says its name (`web.1`), its own hostname, its address on the network that the request
    came by ("" if by none), and the machine that it is on."""

    name: str
    hostname: str
    address: str
    host: str

    @property
    def text(self) -> str:
        """What it says, as lines."""
        return f"Name: {self.name}\nHostname: {self.hostname}\nAddress: {self.address}\nHost: {self.host}\n"


class Visited(Struct, frozen=True, gc=False):
    """The end of one request, `took_ns` after its beginning: the answer if the outcome is OK, else what it met."""

    outcome: Outcome
    took_ns: int
    answer: Answer | None = None
    failure: Failure | None = None
