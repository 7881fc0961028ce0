"""What is drawn from a seed before all else: who is in the cluster, and what may befall its members.

Whatever draws from `rng` or `chance` changes all that is drawn from it afterwards; what has a stream of its own comes
on top of a schedule without changing the rest of it.
"""

from random import Random

from core.timing import MS
from swarmsim.fuzz.faults import FaultSource
from swarmsim.fuzz.profiles import Profile
from swarmsim.fuzz.surroundings import draw_racks
from swarmsim.scenario.plan import manager_names, worker_names

BOOT_NS = 2500 * MS
"""What a machine takes to be back after its power is, a little rounded up."""


class Basis:
    """What the parts of one schedule have in common."""

    def __init__(self, profile: Profile, seed: int) -> None:
        self.profile = profile
        self.seed = seed
        rng = self.rng = Random(f"fuzz/{profile.name}/{seed}")
        self.manager_count = rng.choice(profile.manager_counts)
        self.worker_count = rng.randint(*profile.worker_counts)
        self.managers = manager_names(self.manager_count)
        self.workers = worker_names(self.worker_count)
        self.source = self.source_by(rng)
        self.chance = self.stream("surroundings")
        self.racks = draw_racks(self.chance, [*self.managers, *self.workers])
        self.members_change = profile.members_change and rng.random() < 0.4
        self.harms_disk = self.manager_count >= 3 and not self.members_change and rng.random() < 0.35

    def stream(self, name: str) -> Random:
        """A source of chance of its own for each name."""
        return Random(f"fuzz/{self.profile.name}/{self.seed}/{name}")

    def source_by(self, rng: Random) -> FaultSource:
        """Faults of this cluster, drawn from `rng`."""
        return FaultSource(rng, self.managers, self.workers, self.profile.faulty_ns, self.profile.pace)

    @property
    def booted_ns(self) -> int:
        """By then every machine is back whose power was lost among the faults."""
        return self.profile.faulty_ns + BOOT_NS

    @property
    def righted_at_ns(self) -> int:
        """By then there is a leader, and what was ordered before has been carried out."""
        return self.booted_ns + self.profile.progress_ns
