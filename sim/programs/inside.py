"""What a program sees: its container, the network beyond it, its variables and where it writes."""

from collections.abc import Callable
from functools import cached_property
from typing import Protocol

from sim.container import Container
from sim.container_log import Stream
from sim.file_system import FileSystem, known_hosts
from sim.programs.waits import Ask
from sim.visits import Visited

Write = Callable[[Stream, bytes], None]


class Outside(Protocol):
    """The network of one machine, as its containers use it."""

    def resolve(self, container: Container, name: str) -> tuple[str, ...]:
        """What a name stands for on the container's networks, by the machine's tables; empty if it is unknown."""

    def visit(self, container: Container, ask: Ask, visited: Callable[[Visited], None]) -> None:
        """Send one request from a container, and tell what came of it, once."""


class Inside:
    """A program's view of its container; `environment` is its own copy."""

    def __init__(self, container: Container, outside: Outside, environment: dict[str, str], write: Write) -> None:
        self.container = container
        self.environment = environment
        self._outside = outside
        self._write = write

    def say(self, text: str) -> None:
        """Write a line to the standard output."""
        self._write(Stream.STDOUT, f"{text}\n".encode(errors="replace"))

    def complain(self, text: str) -> None:
        """Write a line to the standard error."""
        self._write(Stream.STDERR, f"{text}\n".encode(errors="replace"))

    def pour(self, data: bytes) -> None:
        """Write to the standard output what need be neither a line nor text."""
        if data:
            self._write(Stream.STDOUT, data)

    @cached_property
    def files(self) -> FileSystem:
        """As they were when the program first looked."""
        return FileSystem(self.container)

    def known(self, host: str) -> str:
        """The address that /etc/hosts has for this name; else the name itself."""
        return known_hosts(self.container).get(host, host)

    def resolve(self, name: str) -> tuple[str, ...]:
        """The addresses that the swarm's DNS has for a name; none if it does not know it."""
        return self._outside.resolve(self.container, name)
