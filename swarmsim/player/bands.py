"""What is noted of a step while it holds: whom it hit, and from when to when."""

from core.trials.faults import Hosts
from swarmsim.recording import FaultBand
from swarmsim.scenario.steps import Step, verb_of


class Band:
    """A `FaultBand` in the making."""

    def __init__(self, step: Step, hosts: tuple[str, ...], from_ns: int) -> None:
        self.step = step
        self.hosts = hosts
        self.from_ns = from_ns
        self.to_ns: int | None = None
        self.groups: tuple[Hosts, ...] = ()
        self.others: Hosts = ()
        self.refused = ""
        self.addresses: tuple[tuple[str, str], ...] = ()

    def closed(self) -> FaultBand:
        """As it is recorded."""
        return FaultBand(
            verb_of(self.step.action),
            self.step.text,
            self.hosts,
            self.from_ns,
            self.to_ns,
            self.groups,
            self.others,
            self.refused,
            self.addresses,
        )
