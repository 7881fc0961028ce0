"""What `swarmsim top` shows: a served cluster at one instant, as its leader and its machines have it just now."""

from collections.abc import Mapping

from msgspec import Struct

from core.objects.service import Service
from core.store import Store
from core.timing import SECOND
from swarmsim.api.swarm.service_counts import counts_of
from swarmsim.player.convergence import completed_count, desired_count
from swarmsim.player.roster import prevailing_store
from swarmsim.serve.faults import Faults
from swarmsim.serve.machines import Machine, machine_of
from swarmsim.serve.place import Place
from swarmsim.world import Power, SentCounts, World


class HostPicture(Struct, frozen=True):
    """One host; what only its daemon can tell is that of its last life."""

    machine: Machine
    term: int
    commit_index: int
    container_count: int
    """Containers that really run there."""
    messages_per_s: float | None
    """What it sends, by the world's clock; None until it was looked at twice."""


class ServicePicture(Struct, frozen=True):
    """One service, by the manager that everybody is to go by."""

    name: str
    image: str
    is_job: bool
    count: int
    """Tasks that run, or of a job those that have completed."""
    desired_count: int


class Picture(Struct, frozen=True):
    """All of it; `now_ns` by the world's clock. Without any manager that lives there are no services."""

    now_ns: int
    hosts: tuple[HostPicture, ...]
    services: tuple[ServicePicture, ...]
    faults: tuple[str, ...]

    @property
    def leader(self) -> str:
        """Who leads the highest term; empty for nobody."""
        leaders = [host for host in self.hosts if host.machine.leads and host.machine.power is Power.UP]
        return max(leaders, key=lambda host: host.term).machine.name if leaders else ""

    @property
    def messages_per_s(self) -> float | None:
        """What all of them send."""
        rates = [host.messages_per_s for host in self.hosts if host.messages_per_s is not None]
        return sum(rates) if rates else None


class Painter:
    """Makes pictures of one world for one onlooker, each with the rates since the last. It only looks."""

    def __init__(self, world: World, places: Mapping[str, Place], faults: Faults) -> None:
        self._world = world
        self._places = places
        self._faults = faults
        self._seen_at = world.now_ns
        self._seen = _totals(world.sent())

    def paint(self) -> Picture:
        """The world as it is."""
        sent, passed_ns = _totals(self._world.sent()), self._world.now_ns - self._seen_at
        store = prevailing_store(self._world)
        picture = Picture(
            self._world.now_ns,
            tuple(
                self._host(
                    host, (sent.get(host, 0) - self._seen.get(host, 0)) * SECOND / passed_ns if passed_ns else None
                )
                for host in self._places
            ),
            tuple(_service(store, service) for service in store.services.values()) if store is not None else (),
            tuple(fault.text for fault in self._faults.holding),
        )
        self._seen_at, self._seen = self._world.now_ns, sent
        return picture

    def _host(self, host: str, messages_per_s: float | None) -> HostPicture:
        status = self._world.status(host)
        return HostPicture(
            machine_of(self._world, host, self._places[host]),
            status.term,
            status.commit_index,
            sum(container.running for container in self._world.containers(host)),
            messages_per_s,
        )


def _totals(sent: SentCounts) -> dict[str, int]:
    """Messages of all kinds, by host."""
    return {host: sum(count for count, _ in kinds.values()) for host, kinds in sent.items()}


def _service(store: Store, service: Service) -> ServicePicture:
    is_job = service.job is not None
    count = completed_count(store, service) if is_job else counts_of(store, service).running
    return ServicePicture(
        service.spec.name, service.spec.task.container.image, is_job, count, desired_count(store, service)
    )
