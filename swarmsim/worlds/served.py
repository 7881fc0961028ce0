"""The simulator as a world that is served: with its hosts' engines."""

from collections.abc import Sequence

from sim.facts import ContainerChanged
from sim.observer import Observation
from swarmsim.containers import ContainerEngine
from swarmsim.scenario.plan import ClusterPlan, ImagePlan
from swarmsim.worlds.simulated import SimulatedWorld
from swarmsim.worlds.simulated_engine import SimulatedEngine


class ServedWorld(SimulatedWorld):
    """Implements `swarmsim.containers.EngineWorld`."""

    def __init__(self, plan: ClusterPlan, images: Sequence[ImagePlan], seed: int, began_at_ns: int) -> None:
        super().__init__(plan, images, seed, began_at_ns, served=True)
        self._engines: dict[str, SimulatedEngine] = {}
        self.sim.observer.on_fact(self._container_changed)

    def engine(self, host: str) -> ContainerEngine:
        return self._engine(host)

    def _engine(self, host: str) -> SimulatedEngine:
        if host not in self._engines:
            self._engines[host] = SimulatedEngine(self.sim, host)
        return self._engines[host]

    def _container_changed(self, seen: Observation) -> None:
        if isinstance(seen.fact, ContainerChanged) and seen.host in self._engines:
            self._engines[seen.host].changed(seen.fact)
