"""A container sees exactly the secrets that its task's spec names, and a host holds none that no task there ever named.

Whoever holds a secret in memory can lose it, so handing out too many is a breach even where no container sees them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from core.facts import TaskMoved
from core.ids import NodeId, SecretId
from core.objects import Task
from swarmsim.checks.check import Check, living_managers
from swarmsim.world import ContainerView, FactListener, World


class EntitledSecrets(Check):
    """Judged on the containers' files and the agents' memory; tasks are remembered, since both outlive them."""

    name = "entitled-secrets"

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self._entitled: dict[str, frozenset[str]] = {}
        self._may_hold: defaultdict[NodeId, set[SecretId]] = defaultdict(set)

    def handlers(self) -> Mapping[type, FactListener]:
        return {TaskMoved: self._on_moved}

    def learn(self, task: Task) -> None:
        """A manager has this task; what it is entitled to never changes."""
        secrets = task.spec.container.secrets
        if task.id not in self._entitled:
            self._entitled[task.id] = frozenset(reference.file.name for reference in secrets)
        if task.node_id and secrets:
            self._may_hold[task.node_id].update(reference.secret_id for reference in secrets)

    def judge(self, at_ns: int, host: str, container: ContainerView) -> None:
        """`host` has this container."""
        entitled = self._entitled.get(container.task_id)
        if entitled is None:
            return
        seen = frozenset(container.secrets)
        surplus, missing = sorted(seen - entitled), sorted(entitled - seen) if container.running else []
        detail = f"container of task {container.task_id} on {host} sees {surplus} too many and lacks {missing}"
        self.expect(not surplus and not missing, at_ns, detail)

    def judge_held(self, at_ns: int, host: str, node_id: NodeId, held: Iterable[SecretId]) -> None:
        """`host`, which is this node, holds these secrets in memory."""
        surplus = sorted(set(held) - self._may_hold[node_id])
        self.expect(not surplus, at_ns, f"{host} holds {surplus}, which no task of it ever named")

    def sample(self, world: World) -> None:
        for manager in living_managers(world):
            store = world.store(manager)
            for task in store.tasks.values() if store is not None else ():
                self.learn(task)
        for host in world.hosts():
            for container in world.containers(host):
                self.judge(world.now_ns, host, container)
            held = world.held_secrets(host)
            if held:
                self.judge_held(world.now_ns, host, world.node_id(host), held)

    def _on_moved(self, at_ns: int, host: str, fact: TaskMoved) -> None:
        """Told by the leader, which may be dead, and the only one to know, before anybody looks again."""
        store = self._world.store(host)
        task = store.tasks.get(fact.task_id) if store is not None else None
        if task is not None:
            self.learn(task)
