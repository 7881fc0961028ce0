"""What is known of a run by the time it is asked how the swarm got over what was done to it."""

from msgspec import Struct

from swarmsim.report.availability import Availability
from swarmsim.report.disturbances import Disturbance
from swarmsim.report.evidence import Evidence
from swarmsim.report.exchanges import Clients
from swarmsim.report.lanes import HostLane
from swarmsim.report.leadership import Reign
from swarmsim.report.quorum import QuorumGap
from swarmsim.report.replicas import Replicas
from swarmsim.report.tasks import SlotRow
from swarmsim.report.wrong_tables import WrongTables


class Course(Struct, frozen=True):
    """One run, but for its anatomies."""

    evidence: Evidence
    lanes: tuple[HostLane, ...]
    reigns: tuple[Reign, ...]
    quorum_gaps: tuple[QuorumGap, ...]
    replicas: tuple[Replicas, ...]
    clients: tuple[Clients, ...]
    availability: tuple[Availability, ...]
    slots: tuple[SlotRow, ...]
    lagging: tuple[WrongTables, ...]
    misled: tuple[WrongTables, ...]


class Found(Struct, frozen=True, gc=False):
    """One stage of getting over a disturbance, whenever it was reached."""

    name: str
    at_ns: int | None
    """None: never."""
    note: str = ""
    """Who, how many, or why not."""
    inherited: bool = False
    """It put an end to what had begun before the disturbance."""


def within(disturbance: Disturbance, at_ns: int) -> bool:
    """Whether this follows this disturbance and no later one."""
    return disturbance.at_ns <= at_ns < disturbance.next_at_ns
