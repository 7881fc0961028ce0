"""A container sees exactly the secrets that its task's spec names."""

from core.objects import Task
from swarmsim.checks.check import Check, living_managers
from swarmsim.world import ContainerView, World


class EntitledSecrets(Check):
    """Judged on the files in the containers; tasks are remembered, since containers outlive them in the store."""

    name = "entitled-secrets"

    def __init__(self) -> None:
        super().__init__()
        self._entitled: dict[str, frozenset[str]] = {}

    def learn(self, task: Task) -> None:
        """A manager has this task; what it is entitled to never changes."""
        if task.id not in self._entitled:
            secrets = task.spec.container.secrets
            self._entitled[task.id] = frozenset(reference.file.name for reference in secrets)

    def judge(self, at_ns: int, host: str, container: ContainerView) -> None:
        """`host` has this container."""
        entitled = self._entitled.get(container.task_id)
        if entitled is None:
            return
        seen = frozenset(container.secrets)
        surplus, missing = sorted(seen - entitled), sorted(entitled - seen) if container.running else []
        detail = f"container of task {container.task_id} on {host} sees {surplus} too many and lacks {missing}"
        self.expect(not surplus and not missing, at_ns, detail)

    def sample(self, world: World) -> None:
        for manager in living_managers(world):
            store = world.store(manager)
            for task in store.tasks.values() if store is not None else ():
                self.learn(task)
        for host in world.hosts():
            for container in world.containers(host):
                self.judge(world.now_ns, host, container)
