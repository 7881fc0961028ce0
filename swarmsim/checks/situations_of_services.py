"""The states of services worth reaching: tasks that move, containers that fail, what changes hands or is shared out."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Final

from core.events import ContainerPhase
from core.facts import TaskMoved
from core.ids import NetworkId, SecretId, TaskId
from core.mesh.routes import RouteKey
from core.objects.task import TaskState
from sim.facts import ContainerChanged
from swarmsim.checks.balance import taking_turns
from swarmsim.world import FactListener, World

_RUNS: Final = (ContainerPhase.STARTED, ContainerPhase.HEALTHY)
_HAS_FAILED: Final = (ContainerPhase.FAILED, ContainerPhase.UNHEALTHY)
_HAS_ENDED: Final = (ContainerPhase.EXITED, ContainerPhase.REMOVED)
_Slot = tuple[str, int]


class ServiceSituations:
    """Counts into `reached`; where addresses and secrets are shows when it looks, not in facts."""

    def __init__(self, reached: Counter[str]) -> None:
        self._reached = reached
        self._places: dict[_Slot, str] = {}
        self._slots: dict[str, _Slot] = {}
        self._running: defaultdict[_Slot, set[str]] = defaultdict(set)
        self._holders: dict[tuple[NetworkId, str], TaskId] = {}
        self._secrets: dict[str, frozenset[SecretId]] = {}
        self._taking_turns: dict[str, set[RouteKey]] = {}

    def handlers(self) -> Mapping[type, FactListener]:
        """Facts it wants."""
        return {TaskMoved: self._on_task, ContainerChanged: self._on_container}

    def sample(self, world: World) -> None:
        """Look at who has which address, which secret and which connections."""
        for host in world.hosts():
            for container in world.containers(host):
                for place in container.addresses:
                    holder = self._holders.setdefault(place, container.task_id)
                    self._reached["address-given-again"] += holder != container.task_id
                    self._holders[place] = container.task_id
            self._look_at_secrets(host, frozenset(world.held_secrets(host)))
            before, now = self._taking_turns.get(host, set()), taking_turns(world.connections_given(host))
            self._reached["backends-took-turns"] += len(now - before)
            self._taking_turns[host] = now

    def _look_at_secrets(self, host: str, held: frozenset[SecretId]) -> None:
        before = self._secrets.get(host, frozenset())
        self._reached["secret-held"] += bool(held - before)
        self._reached["secret-revoked"] += bool(before - held)
        self._secrets[host] = held

    def _on_task(self, at_ns: int, host: str, fact: TaskMoved) -> None:
        if not fact.slot:
            return
        slot = self._slots[fact.task_id] = (fact.service_id, fact.slot)
        if fact.state is TaskState.RUNNING:
            before = self._places.get(slot, fact.node_id)
            self._reached["task-moved-to-another-host"] += before != fact.node_id
            self._places[slot] = fact.node_id

    def _on_container(self, at_ns: int, host: str, fact: ContainerChanged) -> None:
        self._reached["container-failed"] += fact.failed or fact.phase in _HAS_FAILED
        slot = self._slots.get(fact.task_id)
        if slot is None:
            return
        if fact.phase in _RUNS:
            self._running[slot].add(fact.task_id)
            self._reached["two-containers-of-one-slot"] += len(self._running[slot]) > 1
        elif fact.phase in _HAS_ENDED:
            self._running[slot].discard(fact.task_id)
