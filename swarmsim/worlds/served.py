"""The simulator as a world that is served: with its hosts' engines."""

from collections.abc import Callable, Sequence
from typing import Final

from core.ids import TaskId
from core.objects.port import Protocol
from sim.facts import ContainerChanged
from sim.observer import Observation
from sim.streams import Put, RemoteStream
from sim.visits import Visited
from swarmsim.containers import Broken, ContainerEngine, LogWish, OutputLine, RemoteTaker, Undo
from swarmsim.scenario.plan import ClusterPlan, ImagePlan
from swarmsim.worlds.simulated import SimulatedWorld
from swarmsim.worlds.simulated_engine import SimulatedEngine
from swarmsim.worlds.task_log import TaskLog

LINE_BYTES: Final = 40
"""What goes over the network with each line."""


class ServedWorld(SimulatedWorld):
    """Implements `swarmsim.containers.EngineWorld`."""

    def __init__(self, plan: ClusterPlan, images: Sequence[ImagePlan], seed: int, began_at_ns: int) -> None:
        super().__init__(plan, images, seed, began_at_ns, served=True)
        self._engines: dict[str, SimulatedEngine] = {}
        self.sim.observer.on_fact(self._container_changed)

    def engine(self, host: str) -> ContainerEngine:
        return self._engine(host)

    def task_logs(self, asking: str, host: str, task_id: TaskId, wish: LogWish, taker: RemoteTaker) -> Undo:
        def source(put: Put, end: Callable[[], None]) -> Undo:
            def take(line: OutputLine | Broken | None) -> None:
                if line is not None:
                    put(line, LINE_BYTES + (len(line.data) if isinstance(line, OutputLine) else len(line.reason)))
                if not isinstance(line, OutputLine):
                    end()

            return TaskLog(self._engine(host), task_id, wish, take).stop

        if asking == host:
            return TaskLog(self._engine(host), task_id, wish, taker).stop
        broken = Broken(f"node {self.node_id(host)} is not available")
        stream = RemoteStream(
            self.sim.machine(asking),
            self.sim.machine(host),
            source,
            taker,
            ended=lambda: taker(None),
            broke=lambda: taker(broken),
        )
        return stream.stop

    def open_ports(self, host: str) -> frozenset[int]:
        """TCP ports at which a host with power takes connections: the swarm's, and its own containers'."""
        machine = self.sim.machine(host)
        if not machine.powered:
            return frozenset()
        containers = (*machine.engine.tasks.containers, *machine.engine.plain.containers)
        own = ((port.published_port, port.protocol) for each in containers for port in each.ports)
        published = (*machine.data_plane.tables.published_ports(), *own)
        return frozenset(number for number, protocol in published if protocol is Protocol.TCP)

    def visit(self, host: str, port: int, path: str, visited: Callable[[Visited], None]) -> None:
        """Send one request to a port of a host, as a client outside; `visited` is told once what came of it."""
        self.sim.visit(host, port, visited, path=path)

    def _engine(self, host: str) -> SimulatedEngine:
        if host not in self._engines:
            self._engines[host] = SimulatedEngine(self.sim, host)
        return self._engines[host]

    def _container_changed(self, seen: Observation) -> None:
        if isinstance(seen.fact, ContainerChanged) and seen.host in self._engines:
            self._engines[seen.host].changed(seen.fact)
