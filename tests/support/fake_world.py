"""A world without hosts' machinery: whatever a test says is so. Time passes by `run_until` alone."""

import heapq
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from random import Random
from typing import Any

from core.ids import NodeId, SecretId, TaskId
from core.mesh.routes import RouteKey, RouteTable
from core.objects.node import NodeDescription
from core.operations import Operation
from core.phases import HostPhase
from core.raft.effects import Applied, Refused, Result
from core.store import Store
from core.timing import LAN
from core.trials.clients import RequestSample, WriterSample
from core.trials.faults import Fault
from swarmsim.scenario.plan import TrafficPlan, WriterPlan
from swarmsim.world import (
    AppliedListener,
    ContainerView,
    FactListener,
    HostStatus,
    NotDoneError,
    Power,
    RaftListener,
    SentCounts,
    StoreListener,
    Undo,
)


def status(name: str, **changes: Any) -> HostStatus:
    """A healthy follower, or whatever `changes` make of it."""
    fields: dict[str, Any] = {
        "name": name,
        "rack": "",
        "power": Power.UP,
        "phase": HostPhase.MANAGER if name.startswith("m") else HostPhase.WORKER,
        "node_id": NodeId(f"node-{name}"),
        "raft_id": NodeId(f"raft-{name}" if name.startswith("m") else ""),
        "leader_id": NodeId(""),
        "voters": (),
        "leads": False,
        "term": 1,
        "commit_index": 0,
        "applied_index": 0,
        "in_session": True,
        "last_index": 0,
        "round": 0,
        "confirmed_round": 0,
    }
    return HostStatus(**{**fields, **changes})


class FakeWorld:
    """Implements `swarmsim.world.World`; tests set `statuses`, `stores`, `boxes` and the like as they please."""

    def __init__(self, *names: str) -> None:
        self.now_ns = 0
        self.timing = LAN
        self.statuses = {name: status(name) for name in names}
        self.stores: dict[str, Store] = {}
        self.routes: dict[str, tuple[int, RouteTable]] = {}
        self.given: dict[str, dict[RouteKey, dict[TaskId, int]]] = {}
        self.boxes: dict[str, tuple[ContainerView, ...]] = {}
        self.secrets: dict[str, tuple[SecretId, ...]] = {}
        self.applied: list[tuple[int, Fault]] = []
        self.undone: list[tuple[int, Fault]] = []
        self.asked: list[tuple[str, Operation]] = []
        self.answer: Callable[[str, Operation], Result] = lambda host, operation: Applied(1, None)
        self.counts: dict[str, dict[str, tuple[int, int]]] = {}
        self.holds_on_to: set[str] = set()
        """Hosts that may not lose what they hold."""
        self.invariant_problem = ""
        self._listeners: list[FactListener] = []
        self._calls: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()

    def run_until(self, at_ns: int) -> None:
        while self._calls and self._calls[0][0] <= at_ns:
            due_at, _, call = heapq.heappop(self._calls)
            self.now_ns = max(self.now_ns, due_at)
            call()
        self.now_ns = max(self.now_ns, at_ns)

    def call_at(self, at_ns: int, call: Callable[[], None]) -> None:
        heapq.heappush(self._calls, (max(at_ns, self.now_ns), next(self._order), call))

    def look_at(self, at_ns: int, look: Callable[[], None]) -> None:
        self.call_at(at_ns, look)

    def random(self, purpose: str) -> Random:
        return Random(purpose)

    def hosts(self) -> tuple[str, ...]:
        return tuple(self.statuses)

    def status(self, host: str) -> HostStatus:
        return self.statuses[host]

    def power(self, host: str) -> Power:
        return self.statuses[host].power

    def node_id(self, host: str) -> NodeId:
        return self.statuses[host].node_id

    def leader(self) -> str | None:
        leaders = [each for each in self.statuses.values() if each.leads and each.lives]
        return max(leaders, key=lambda each: each.term).name if leaders else None

    def address(self, host: str) -> str:
        return f"{host}:2377"

    def add_host(self, host: str, rack: str = "") -> None:
        self.statuses[host] = status(host, rack=rack)

    def description(self, host: str) -> NodeDescription:
        return NodeDescription(hostname=host)

    def watch_store(self, host: str, listener: StoreListener) -> Callable[[], None]:
        return lambda: None

    def wall_ns(self, host: str) -> int:
        return self.now_ns

    def interfaces(self, host: str) -> Mapping[str, str]:
        return {"lo": "127.0.0.1"}

    def submit(self, host: str, operation: Operation, answered: Callable[[Result], None]) -> Callable[[], None]:
        self.asked.append((host, operation))
        answer = self.answer(host, operation) if self.statuses[host].lives else Refused("it is down")
        self.call_at(self.now_ns + 1_000_000, lambda: answered(answer))
        return lambda: None

    def apply(self, fault: Fault) -> Undo | None:
        self.applied.append((self.now_ns, fault))
        return lambda: self.undone.append((self.now_ns, fault))

    def permit_loss(self, hosts: Sequence[str]) -> None:
        if self.holds_on_to & set(hosts):
            raise NotDoneError("too many would be lost")

    def start_traffic(
        self, plan: TrafficPlan, entry: Callable[[], str | None], took: Callable[[RequestSample], None]
    ) -> Callable[[], None]:
        return lambda: None

    def start_writer(
        self, plan: WriterPlan, entry: Callable[[], str | None], took: Callable[[WriterSample], None]
    ) -> Callable[[], None]:
        return lambda: None

    def observe(self, listener: FactListener) -> None:
        self._listeners.append(listener)

    def observe_raft(self, listener: RaftListener) -> None:
        """There is no Raft here."""

    def observe_applied(self, listener: AppliedListener) -> None:
        """Nor is anything applied."""

    def tell(self, host: str, fact: Any) -> None:
        """Have a host tell a fact now."""
        for listener in self._listeners:
            listener(self.now_ns, host, fact)

    def store(self, host: str) -> Store | None:
        return self.stores.get(host) if self.statuses[host].lives else None

    def programmed_routes(self, host: str) -> tuple[int, RouteTable] | None:
        return self.routes.get(host)

    def connections_given(self, host: str) -> Mapping[RouteKey, Mapping[TaskId, int]]:
        return self.given.get(host, {})

    def containers(self, host: str) -> tuple[ContainerView, ...]:
        return self.boxes.get(host, ())

    def held_secrets(self, host: str) -> tuple[SecretId, ...]:
        return self.secrets.get(host, ())

    def sent(self) -> SentCounts:
        return self.counts

    def check_invariants(self, full: bool = False) -> None:
        assert not self.invariant_problem, self.invariant_problem
