"""Traffic and writers of a scenario: when each starts and stops, where it enters, and every sample it took."""

from collections.abc import Callable

from msgspec.structs import replace

from core.trials.clients import RequestSample, WriterSample
from swarmsim.player.roster import NobodyThereError, Roster
from swarmsim.scenario.plan import TrafficPlan, WriterPlan
from swarmsim.scenario.targets import HostTarget
from swarmsim.world import FactListener, World


class Clients:
    """Samples carry the story's times; listeners (checks) are told each with the world's."""

    def __init__(self, world: World, origin_ns: int, roster: Roster, tell: FactListener) -> None:
        self.requests: dict[str, list[RequestSample]] = {}
        self.operations: dict[str, list[WriterSample]] = {}
        self.writers: list[WriterPlan] = []
        self._world = world
        self._origin_ns = origin_ns
        self._roster = roster
        self._tell = tell
        self._running: list[Callable[[], None]] = []

    def start_traffic(self, plan: TrafficPlan) -> None:
        """From now on, or in the plan's own window."""
        samples = self.requests.setdefault(plan.name, [])

        def took(sample: RequestSample) -> None:
            self._tell(self._world.now_ns, sample.host, sample)
            samples.append(replace(sample, started_at=sample.started_at - self._origin_ns))

        entry = self._entry(plan.enter_at, f"traffic {plan.name}")
        until_ns = plan.during.to_ns if plan.during is not None else None
        self._start(lambda: self._world.start_traffic(plan, entry, took), until_ns)

    def start_writer(self, plan: WriterPlan, for_ns: int | None = None) -> None:
        """From now on, until the end of the plan's window or for `for_ns`."""
        samples = self.operations.setdefault(plan.name, [])
        self.writers.append(plan)

        def took(sample: WriterSample) -> None:
            self._tell(self._world.now_ns, sample.host, sample)
            started_at, ended_at = sample.started_at - self._origin_ns, sample.ended_at - self._origin_ns
            samples.append(replace(sample, started_at=started_at, ended_at=ended_at))

        entry = self._entry(plan.to, f"writer {plan.name}")
        until_ns = plan.during.to_ns if plan.during is not None else None
        if for_ns is not None:
            until_ns = self._world.now_ns - self._origin_ns + for_ns
        self._start(lambda: self._world.start_writer(plan, entry, took), until_ns)

    def stop(self) -> None:
        """Nothing new is asked from here on; what was asked is still answered."""
        for end in self._running:
            end()
        self._running.clear()

    def _start(self, start: Callable[[], Callable[[], None]], until_ns: int | None) -> None:
        end = start()
        self._running.append(end)
        if until_ns is not None:
            self._world.call_at(self._origin_ns + until_ns, end)

    def _entry(self, target: HostTarget, purpose: str) -> Callable[[], str | None]:
        rng = self._world.random(purpose)

        def choose() -> str | None:
            try:
                hosts = self._roster.hosts(target)
            except NobodyThereError:
                return None
            return rng.choice(hosts) if hosts else None

        return choose
