"""What a fuzz campaign is after: how big its clusters are, what they do, and how hard they are hit."""

from typing import Final

from msgspec import Struct

from core.timing import DOCKER, LAN, SECOND, WAN, Timing
from swarmsim.fuzz.small_stack import SMALL
from swarmsim.fuzz.stack import FuzzStack
from swarmsim.fuzz.whole_stack import WHOLE


class Profile(Struct, frozen=True):
    """Ranges from which a scenario is drawn; both ends are included."""

    name: str
    manager_counts: tuple[int, ...]
    """Drawn from as it stands: a number that comes twice is twice as likely."""
    worker_counts: tuple[int, int]
    stack: FuzzStack | None
    """What is deployed, scaled, updated and sent requests to."""
    members_change: bool
    """Whether hosts join, leave, are promoted, demoted and removed."""
    fault_counts: tuple[int, int]
    faulty_ns: int
    """How long faults go on; the liveness phase follows."""
    calm_ns: int
    """How long the liveness phase is."""
    timing: Timing = LAN
    """The profile by which the cluster's timeouts are set."""
    pace: int = 1
    """How many times longer faults last than under `lan`, and how many times rarer clients ask."""

    @property
    def progress_ns(self) -> int:
        """Within this a majority that works elects a leader and commits."""
        return 10 * self.timing.raft.election_max_ns


RAFT: Final = Profile(
    name="raft",
    manager_counts=(1, 2, 3, 3, 3, 4, 5, 5, 5, 6, 7),
    worker_counts=(0, 0),
    stack=None,
    members_change=True,
    fault_counts=(4, 24),
    faulty_ns=20 * SECOND,
    calm_ns=12 * SECOND,
)
SWARM: Final = Profile(
    name="swarm",
    manager_counts=(1, 3, 3, 3, 5),
    worker_counts=(1, 4),
    stack=SMALL,
    members_change=True,
    fault_counts=(2, 12),
    faulty_ns=30 * SECOND,
    calm_ns=30 * SECOND,
)
OVER_WAN: Final = Profile(
    name="wan",
    manager_counts=(1, 3, 3, 3),
    worker_counts=(1, 3),
    stack=SMALL,
    members_change=True,
    fault_counts=(2, 12),
    faulty_ns=100 * SECOND,
    calm_ns=90 * SECOND,
    timing=WAN,
    pace=5,
)
AS_DOCKER: Final = Profile(
    name="docker",
    manager_counts=(1, 3, 3, 3),
    worker_counts=(1, 3),
    stack=SMALL,
    members_change=True,
    fault_counts=(2, 12),
    faulty_ns=300 * SECOND,
    calm_ns=300 * SECOND,
    timing=DOCKER,
    pace=15,
)
EVERYTHING: Final = Profile(
    name="everything",
    manager_counts=(1, 3, 3, 3, 5),
    worker_counts=(1, 4),
    stack=WHOLE,
    members_change=True,
    fault_counts=(2, 12),
    faulty_ns=30 * SECOND,
    calm_ns=45 * SECOND,
)
PROFILES: Final = {profile.name: profile for profile in (RAFT, SWARM, OVER_WAN, AS_DOCKER, EVERYTHING)}
ALL: Final = "all"
"""Takes the profiles in turn, by seed."""


def profile_of(name: str, seed: int) -> Profile:
    """The profile of this name, for one seed; KeyError if there is none."""
    if name == ALL:
        return list(PROFILES.values())[seed % len(PROFILES)]
    return PROFILES[name]
