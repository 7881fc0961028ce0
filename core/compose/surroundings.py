"""What a Compose file is read in: the stack's name, the client's environment and files, and what was noticed so far."""

from collections.abc import Callable, Mapping

from core.compose.stack import NAMESPACE_LABEL, StackWarning
from core.document import Value, is_not_set
from core.mistakes import Mistakes

FileReader = Callable[[str], bytes]
"""Reads a file by its path as written, relative to the first Compose file; raises `OSError`."""


class Surroundings:
    """Handed to every part of the loader; collects warnings and mistakes."""

    __slots__ = ("directory", "environment", "mistakes", "read_file", "stack", "unset_because", "warnings")

    def __init__(
        self,
        stack: str,
        directory: str,
        environment: Mapping[str, str],
        read_file: FileReader,
        unset_because: str = "",
    ) -> None:
        self.stack = stack
        self.directory = directory
        """Where relative bind mounts start: the directory of the first Compose file."""
        self.environment = environment
        self.read_file = read_file
        self.unset_because = unset_because
        """Why a variable may not be set, in words; empty if there is nothing to say of it."""
        self.warnings: list[StackWarning] = []
        self.mistakes = Mistakes()
        """What was wrong in parts after which reading could go on."""

    def warn(self, message: str, path: str = "") -> None:
        """Note something that will not be done."""
        self.warnings.append(StackWarning(message, path))

    def is_not_set(self, variable: str) -> str:
        """What to tell of a variable that is asked for in vain."""
        return is_not_set(variable) + (f" ({self.unset_because})" if self.unset_because else "")

    def full_name(self, key: str) -> str:
        """The name in the swarm of what the file calls `key`."""
        return f"{self.stack}_{key}"

    def with_namespace(self, labels: dict[str, str]) -> dict[str, str]:
        """The labels, and the one that says which stack the object is of."""
        return {**labels, NAMESPACE_LABEL: self.stack}

    def content_of(self, file: Value) -> bytes:
        """The bytes of the file that `file` names."""
        try:
            return self.read_file(file.text())
        except OSError as error:
            file.fail(f"cannot read {file.text()!r}: {error.strerror or error}")
