"""The commands that clients have had made ready to run in containers, and how those ended that ran."""

from random import Random
from typing import Final

from swarmsim.api.errors import not_found

KEPT: Final = 1000
"""The oldest are forgotten beyond these."""


class Exec:
    """One command for one container. `exit_code` None: it has not ended."""

    def __init__(
        self,
        exec_id: str,
        container_id: str,
        argv: tuple[str, ...],
        variables: tuple[str, ...],
        *,
        tty: bool,
        stdin: bool,
        stdout: bool,
        stderr: bool,
        detach_keys: bytes,
    ) -> None:
        self.id = exec_id
        self.container_id = container_id
        self.argv = argv
        self.variables = variables
        self.tty = tty
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.detach_keys = detach_keys
        self.started = False
        self.exit_code: int | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.started and self.exit_code is None


class Execs:
    """Those of one host, by id."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._by_id: dict[str, Exec] = {}

    def new_id(self) -> str:
        """For one that is being made ready."""
        return f"{self._rng.getrandbits(256):064x}"

    def add(self, made: Exec) -> None:
        """Keep it."""
        self._by_id[made.id] = made
        if len(self._by_id) > KEPT:
            del self._by_id[next(iter(self._by_id))]

    def find(self, exec_id: str) -> Exec:
        """By whole id; ApiError if there is none."""
        found = self._by_id.get(exec_id)
        if found is None:
            raise not_found(f"No such exec instance: {exec_id}")
        return found

    def of(self, container_id: str) -> list[str]:
        """The ids of those that run in a container."""
        return [each.id for each in self._by_id.values() if each.container_id == container_id and each.running]
