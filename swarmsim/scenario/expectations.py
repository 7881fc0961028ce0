"""What a scenario promises: one record per form, judged from the facts of one run.

`after_ns` and `within_ns` speak of the first instant at or after `after_ns` at which something holds; a window
covers what starts at or after `from_ns` and before `to_ns`. Ratios are between 0 and 1. `line` and `text` are as in
`Step`.
"""

from enum import Enum
from typing import Final

from msgspec import Struct

from core.objects.service import UpdateState
from core.trials.clients import WriteOutcome
from swarmsim.scenario.targets import HostTarget


class Window(Struct, frozen=True, gc=False):
    """From (included) to (excluded), nanoseconds since the scenario's start."""

    from_ns: int
    to_ns: int


class Leader(Struct, frozen=True, gc=False, tag="leader"):
    """A leader that a quorum of managers follows exists within `within_ns` after `after_ns`."""

    after_ns: int
    within_ns: int


class LeaderThroughout(Enum):
    """What can be said of the leader over a window."""

    UNCHANGED = "unchanged"
    """One and the same manager leads, in one term, through all of it."""
    NONE = "none"
    """Nobody who calls itself leader commits anything in it."""


class LeaderOver(Struct, frozen=True, gc=False, tag="leader-over"):
    """What holds of the leader through a whole window."""

    window: Window
    leader: LeaderThroughout


class Elections(Struct, frozen=True, gc=False, tag="elections"):
    """At most this many managers become leader in the window."""

    window: Window
    at_most: int


class Converged(Struct, frozen=True, gc=False, tag="converged"):
    """Every service has its desired number of healthy running tasks, and the tables of every node that has power (also
    one that boots) equal those of the store: of one stack or service (`of`), or of everything if `of` is None."""

    after_ns: int
    within_ns: int
    of: str | None = None


class Members(Struct, frozen=True, gc=False, tag="members"):
    """The swarm has exactly these members, all ready; managers count once they vote. None = whatever there are."""

    after_ns: int
    within_ns: int
    manager_count: int | None = None
    worker_count: int | None = None


class CaughtUp(Struct, frozen=True, gc=False, tag="caught-up"):
    """These managers live and have applied all that was committed at `after_ns`.

    Groups count every manager that has power at that instant, also one that boots; `all` are all of these.
    """

    after_ns: int
    within_ns: int
    hosts: HostTarget


class Updated(Struct, frozen=True, gc=False, tag="update"):
    """The last update of a service has come to this state."""

    after_ns: int
    within_ns: int
    service: str
    state: UpdateState


class Pending(Struct, frozen=True, gc=False, tag="pending"):
    """A wanted task of a service runs nowhere, and its status says why, with these words among others."""

    after_ns: int
    within_ns: int
    service: str
    because: str


class SuccessRate(Struct, frozen=True, gc=False, tag="success-rate"):
    """Of the requests of a traffic source that start in the window, this share gets a good answer within 1 s."""

    window: Window
    traffic: str
    at_least: float


EXPECTED_OUTCOMES: Final = (WriteOutcome.ACKNOWLEDGED, WriteOutcome.REFUSED)
"""What can be expected of writes: that nobody knows, or that they are against the rules, is nothing to aim for."""


class Writes(Struct, frozen=True, gc=False, tag="writes"):
    """Writes that start in the window. ACKNOWLEDGED: at least this share is. REFUSED: none is acknowledged at any
    time, and at least this share is refused clearly, within the timing profile's limit. `writer` None = all."""

    window: Window
    outcome: WriteOutcome
    at_least: float = 1.0
    writer: str | None = None


class WriteAcknowledged(Struct, frozen=True, gc=False, tag="write-acknowledged"):
    """Some write that started at or after `after_ns` is acknowledged within `within_ns` of it."""

    after_ns: int
    within_ns: int
    writer: str | None = None


class Running(Struct, frozen=True, gc=False, tag="running"):
    """A service has at least this many healthy running tasks on hosts that are up, at every instant of the window.

    A single instant is a window whose ends are equal.
    """

    window: Window
    service: str
    at_least: int


class Gone(Struct, frozen=True, gc=False, tag="gone"):
    """There is no service of that name, nor any task of it."""

    after_ns: int
    within_ns: int
    service: str


class KeepsRunning(Struct, frozen=True, gc=False, tag="keeps-running"):
    """Every task that runs healthily when the window begins does so until it ends, in the same container: of one stack
    or service (`of`), or of everything if `of` is None."""

    window: Window
    of: str | None = None


class Always(Struct, frozen=True, gc=False, tag="always"):
    """The check of this name finds no violation in the whole run."""

    check: str


class Sometimes(Struct, frozen=True, gc=False, tag="sometimes"):
    """The situation of this name is reached at least once: proof that a hard state was there at all."""

    situation: str


Claim = (
    Leader
    | LeaderOver
    | Elections
    | Converged
    | Members
    | CaughtUp
    | Updated
    | Pending
    | Gone
    | SuccessRate
    | Writes
    | WriteAcknowledged
    | Running
    | KeepsRunning
    | Always
    | Sometimes
)


class Expectation(Struct, frozen=True, gc=False):
    """One line of `expect`."""

    claim: Claim
    line: int = 0
    text: str = ""
