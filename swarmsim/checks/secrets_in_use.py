"""Whatever secret a service names is there: tasks that cannot have theirs would never start."""

from swarmsim.checks.check import Check, furthest_store
from swarmsim.world import World


class SecretsInUseStay(Check):
    """Judged on the store of the manager that has applied most."""

    name = "secrets-in-use-stay"

    def sample(self, world: World) -> None:
        store = furthest_store(world)
        for service in store.services.values() if store is not None else ():
            named = service.spec.task.container.secrets
            gone = sorted(each.secret_name for each in named if store is None or each.secret_id not in store.secrets)
            if named:
                self.expect(not gone, world.now_ns, f"service {service.spec.name} names {gone}, which were removed")
