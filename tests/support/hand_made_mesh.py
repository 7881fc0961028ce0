"""Three machines with hand-made tables: `web` runs on m2 and publishes port 80 as 8080; it calls `cache`, which runs on
m3, over the network `back`. Every machine has its load balancer's address on each network, .2 to .4 for m1 to m3.
"""

from simulated import order, run_task, scripted_world, task

from core.effects import ProgramRoutes
from core.ids import NetworkId, NodeId, ServiceId, TaskId, Ticket
from core.mesh.routes import Backend, Neighbour, NetworkRoute, RouteChanges, RouteRecord, ServiceRoute
from core.objects.port import PortConfig
from core.objects.service import EndpointMode
from core.timing import MS, SECOND
from core.trials.clients import Failure, Outcome
from sim.images import Call, Catalogue, Image
from sim.injection import Injector
from sim.world import World, WorldConfig, address_of

INGRESS, BACK, OTHER = NetworkId("ingress"), NetworkId("back"), NetworkId("other")
PREFIX = {INGRESS: "10.0.0", BACK: "10.0.1", OTHER: "10.0.2"}
MACHINES = ("m1", "m2", "m3")
CACHED_WEB = Image("web", port=80, calls=(Call("cache"),), stop_ns=MS)
IMAGES = (CACHED_WEB, Image("cache", port=6379), Image("lonely", port=80))
WEB_PORTS = (PortConfig(target_port=80, published_port=8080),)
TASKS = {
    "web.1": ("m2", task("web.1", addresses={INGRESS: "10.0.0.10/24", BACK: "10.0.1.10/24"})),
    "cache.1": ("m3", task("cache.1", image="cache", addresses={BACK: "10.0.1.20/24"})),
    "lonely.1": ("m2", task("lonely.1", image="lonely", addresses={OTHER: "10.0.2.30/24"})),
}


def node_address(name: str) -> str:
    return address_of(MACHINES.index(name)).partition(":")[0]


def neighbour(network: NetworkId, address: str, name: str) -> Neighbour:
    return Neighbour(network, address, NodeId(name), node_address(name))


def service(
    network: NetworkId,
    name: str,
    virtual_ip: str,
    ports: tuple[PortConfig, ...] = (),
    mode: EndpointMode = EndpointMode.VIP,
) -> ServiceRoute:
    return ServiceRoute(network, ServiceId(name), mode, virtual_ip, (name,), ports)


def backend(network: NetworkId, name: str, host: str, address: str) -> Backend:
    return Backend(network, ServiceId(name), TaskId(f"{name}.{address}"), NodeId(host), address, 1)


def tables_of(name: str) -> list[RouteRecord]:
    """What a whole mesh would program on a machine."""
    own = MACHINES.index(name) + 2
    records: list[RouteRecord] = [
        NetworkRoute(network, str(network), 4096, prefix + ".0/24", network == INGRESS, f"{prefix}.{own}")
        for network, prefix in PREFIX.items()
    ]
    for network, prefix in PREFIX.items():
        records += [neighbour(network, f"{prefix}.{number + 2}", host) for number, host in enumerate(MACHINES)]
    return [
        *records,
        neighbour(INGRESS, "10.0.0.10", "m2"),
        neighbour(BACK, "10.0.1.10", "m2"),
        neighbour(BACK, "10.0.1.20", "m3"),
        neighbour(OTHER, "10.0.2.30", "m2"),
        service(INGRESS, "web", "10.0.0.5", ports=WEB_PORTS),
        backend(INGRESS, "web", "m2", "10.0.0.10"),
        service(BACK, "cache", "10.0.1.6"),
        backend(BACK, "cache", "m3", "10.0.1.20"),
        service(OTHER, "lonely", "10.0.2.7"),
        backend(OTHER, "lonely", "m2", "10.0.2.30"),
    ]


class Mesh:
    """The world above; `change` replaces or removes records on one machine."""

    def __init__(self, images: tuple[Image, ...] = IMAGES, keeps_logs: bool = False) -> None:
        config = WorldConfig(images=Catalogue(images), keeps_logs=keeps_logs)
        self.world: World = scripted_world(*MACHINES, config=config)
        self.injector = Injector(self.world)
        for name, wanted in TASKS.values():
            run_task(self.world, name, wanted)
        for name in MACHINES:
            order(self.world, name, ProgramRoutes(Ticket(1), RouteChanges(0, 1, changed=tuple(tables_of(name)))))
        self.world.run_for(SECOND)
        self.ended: list[tuple[Outcome, Failure | None, int]] = []

    def change(self, name: str, *changed: RouteRecord, removed: tuple[RouteRecord, ...] = ()) -> None:
        version = self.world.machine(name).data_plane.tables.version
        keys = tuple(record.key for record in removed)
        changes = RouteChanges(version, version + 1, changed=changed, removed=keys)
        order(self.world, name, ProgramRoutes(Ticket(version + 1), changes))
        self.world.run_for(SECOND)

    def ask(self, entry: str = "m1", port: int = 8080, timeout_ns: int = 5 * SECOND) -> None:
        began_at = self.world.now

        def done(outcome: Outcome, failure: Failure | None) -> None:
            self.ended.append((outcome, failure, self.world.now - began_at))

        self.world.fabric.enter(self.world.machine(entry), port, timeout_ns, done)

    def outcome(self, entry: str = "m1", port: int = 8080) -> tuple[Outcome, Failure | None]:
        """Ask, wait until it has ended, and check that it ended once."""
        self.ended.clear()
        self.ask(entry, port)
        self.world.run_for(20 * SECOND)
        ((outcome, failure, _),) = self.ended
        return outcome, failure
