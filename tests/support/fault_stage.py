"""Four scripted hosts on which faults are tried: who hears whom, what a disk answers, who is up."""

from typing import Any

from simulated import host_of, introduce, order, scripted_world, send

from core.durability import Persist, Stream
from core.ids import Ticket
from core.raft.events import Received
from core.raft.messages import Heartbeat
from core.raft.records import HardState
from core.timing import MS, SECOND
from core.trials.faults import Fault
from sim.injection import Injector
from sim.observer import Observation
from sim.world import World, WorldConfig

NAMES = ("m1", "m2", "m3", "m4")


class Stage:
    """Four scripted hosts that know each other, and an injector."""

    def __init__(self, config: WorldConfig | None = None) -> None:
        self.world: World = scripted_world(*NAMES, config=config)
        introduce(self.world)
        self.injector = Injector(self.world)
        self.facts: list[Any] = []
        self.world.observer.on_fact(self._note)

    def _note(self, observation: Observation) -> None:
        self.facts.append(observation.fact)

    def start(self, fault: Fault) -> int:
        return self.injector.start(fault)

    def end(self, number: int) -> None:
        self.injector.end(number)

    def arrivals(self, source: str, target: str, count: int = 1, within_ns: int = SECOND) -> int:
        """How many of `count` messages from one host to another arrive in this time."""
        before = len(host_of(self.world, target).events(Received))
        for number in range(count):
            send(self.world, source, target, Heartbeat(term=1, round=number, commit_index=0))
        self.world.run_for(within_ns)
        return len(host_of(self.world, target).events(Received)) - before

    def reach(self) -> str:
        """Who hears whom: a row per sender, a column per receiver, `x` where nothing arrives."""
        return " ".join(
            "".join("." if source == target or self.arrivals(source, target) else "x" for target in NAMES)
            for source in NAMES
        )

    def write(self, name: str, number: int) -> list[Any]:
        """What a host hears of a write."""
        before = len(host_of(self.world, name).heard)
        order(self.world, name, Persist(Ticket(number), Stream.HARD_STATE, HardState(term=number)))
        self.world.run_for(100 * MS)
        return [event for _, event in host_of(self.world, name).heard[before + 1 :]]

    def up(self) -> list[str]:
        return [name for name in NAMES if self.world.machine(name).running]


ALL_HEARD = ".... .... .... ...."
