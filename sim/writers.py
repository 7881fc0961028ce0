"""Clients of the control plane: they write configs of fresh names at some host and read them back, and keep a history.

Each operation is asked of one host once. Its sample says when it was asked and answered and what the client may
conclude: an answer, a refusal (certainly not done), or nothing (it may have been done, or may yet be).
"""

from collections.abc import Callable
from random import Random

from core.objects.config import ConfigSpec
from core.operations import CreateConfig, ErrorCode, Inspect, Kind, Operation, OperationError
from core.raft.effects import Applied, OutcomeUnknown, Refused, Result
from core.raft.machine import Rejected
from core.timing import SECOND
from core.trials.clients import WriteOutcome, WriterSample
from sim.traffic import Entry
from sim.world import World


class ConfigWriter:
    """Writes and reads from its making until `stop`; every operation begun is told to `took` exactly once."""

    def __init__(
        self,
        world: World,
        name: str,
        rng: Random,
        entry: Entry,
        took: Callable[[WriterSample], None],
        rate_per_s: float,
        read_rate_per_s: float = 0.0,
        value_bytes: int = 128,
        timeout_ns: int = 30 * SECOND,
    ) -> None:
        self.name = name
        self._world = world
        self._rng = rng
        self._entry = entry
        self._took = took
        self._value = b"x" * value_bytes
        self._timeout_ns = timeout_ns
        self._began_at = world.now
        self._stopped = False
        self._keys: list[str] = []
        for rate, act in ((rate_per_s, self._write), (read_rate_per_s, self._read)):
            if rate > 0:
                self._repeat(rate, act, 0)

    def stop(self) -> None:
        """Begin no more operations; what is under way is still noted."""
        self._stopped = True

    def _repeat(self, rate_per_s: float, act: Callable[[], None], done_count: int) -> None:
        if self._stopped:
            return
        act()
        next_at = self._began_at + int((done_count + 1) * SECOND / rate_per_s)
        self._world.call_at(next_at, self._repeat, rate_per_s, act, done_count + 1)

    def _write(self) -> None:
        key = f"{self.name}-{len(self._keys) + 1}"
        self._keys.append(key)
        self._ask("write", key, CreateConfig(ConfigSpec(key, self._value)))

    def _read(self) -> None:
        if self._keys:
            key = self._rng.choice(self._keys)
            self._ask("read", key, Inspect(Kind.CONFIG, key))

    def _ask(self, kind: str, key: str, operation: Operation) -> None:
        host = self._entry()
        if host is None:
            sample = _sample(kind, key, self._world.now, self._world.now, "", Refused("no host is up"))
            self._took(sample)
        else:
            _Asked(self._world, kind, key, host, operation, self._timeout_ns, self._took)


class _Asked:
    """One operation under way."""

    def __init__(
        self,
        world: World,
        kind: str,
        key: str,
        host: str,
        operation: Operation,
        timeout_ns: int,
        took: Callable[[WriterSample], None],
    ) -> None:
        self._world = world
        self._kind = kind
        self._key = key
        self._host = host
        self._took = took
        self._started_at = world.now
        self._ended = False
        self._cancel = world.request(host, operation, self._end)
        world.loop.call_after(timeout_ns, self._give_up)

    def _give_up(self) -> None:
        if not self._ended:
            self._cancel()
            self._end(OutcomeUnknown("no answer in time"))

    def _end(self, result: Result) -> None:
        if not self._ended:
            self._ended = True
            self._took(_sample(self._kind, self._key, self._started_at, self._world.now, self._host, result))


def _sample(kind: str, key: str, started_at: int, ended_at: int, host: str, result: Result) -> WriterSample:
    outcome, index, present, detail = _concluded(result)
    return WriterSample(kind, key, started_at, ended_at, outcome, index, present, host, detail)


def _concluded(result: Result) -> tuple[WriteOutcome, int, bool, str]:
    """Outcome, index, presence and detail that a client takes from an answer."""
    match result:
        case Applied(index, OperationError(ErrorCode.NOT_FOUND, message)):
            return WriteOutcome.ACKNOWLEDGED, index, False, message
        case Applied(index, OperationError(_, message)):
            return WriteOutcome.REJECTED, index, False, message
        case Applied(index, _):
            return WriteOutcome.ACKNOWLEDGED, index, True, ""
        case Refused(reason):
            return WriteOutcome.REFUSED, 0, False, reason
        case OutcomeUnknown(reason):
            return WriteOutcome.UNKNOWN, 0, False, reason
        case Rejected(OperationError(ErrorCode.NOT_FOUND, message)):
            return WriteOutcome.ACKNOWLEDGED, 0, False, message
        case Rejected(OperationError(ErrorCode.UNAVAILABLE, message)):  # whoever was asked is no manager any more
            return WriteOutcome.REFUSED, 0, False, message
    return WriteOutcome.REJECTED, 0, False, str(result.error)
