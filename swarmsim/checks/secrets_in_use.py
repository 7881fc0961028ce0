"""Whatever secret or config a service names is there: tasks that cannot have theirs would never start.

So it is of what the service declared before, while an update or rollback has not ended: whatever goes back needs it.
"""

from collections.abc import Container, Sequence

from core.objects.service import Service, ServiceSpec
from core.store import Store
from swarmsim.checks.check import Check, furthest_store
from swarmsim.checks.update_moves import PAUSED, UNDER_WAY, state_of
from swarmsim.world import World


class SecretsInUseStay(Check):
    """Judged on the store of the manager that has applied most."""

    name = "secrets-in-use-stay"

    def sample(self, world: World) -> None:
        store = furthest_store(world)
        if store is not None:
            for service in store.services.values():
                self.judge(world.now_ns, store, service)

    def judge(self, at_ns: int, store: Store, service: Service) -> None:
        """`store` has this service."""
        self._judge_spec(at_ns, store, service.spec, f"service {service.spec.name} names")
        if service.previous_spec is not None and state_of(service) in (*UNDER_WAY, *PAUSED):
            self._judge_spec(at_ns, store, service.previous_spec, f"service {service.spec.name} may go back to")

    def _judge_spec(self, at_ns: int, store: Store, spec: ServiceSpec, naming: str) -> None:
        container = spec.task.container
        secrets = [(each.secret_name, each.secret_id) for each in container.secrets]
        configs = [(each.config_name, each.config_id) for each in container.configs]
        self._judge_named(at_ns, secrets, store.secrets, naming)
        self._judge_named(at_ns, configs, store.configs, naming)

    def _judge_named(self, at_ns: int, named: Sequence[tuple[str, str]], stored: Container[str], naming: str) -> None:
        if named:
            gone = sorted(name for name, object_id in named if object_id not in stored)
            self.expect(not gone, at_ns, f"{naming} {gone}, which were removed")
