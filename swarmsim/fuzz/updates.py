"""Updates of services among the faults: other images, the same ones anew, and back again.

Drawn from a source of chance of their own, so that they come on top of a schedule without changing the rest of it.
Every image that is drawn works: whatever fails, fails by what the schedule does to it.
"""

from random import Random

from swarmsim.fuzz.stack import NEXT_IMAGES, SERVICES
from swarmsim.scenario import steps
from swarmsim.scenario.steps import Action, Step


def draw_updates(rng: Random, latest_ns: int) -> list[Step]:
    """In half of the schedules one update to four."""
    if rng.random() < 0.5:
        return []
    return [Step(rng.randrange(1, latest_ns), _draw_order(rng)) for _ in range(rng.randint(1, 4))]


def _draw_order(rng: Random) -> Action:
    service = rng.choice(SERVICES)
    kind = rng.randrange(5)
    if kind < 3:
        return steps.Update(service, NEXT_IMAGES[service].image)
    return steps.ForceUpdate(service) if kind == 3 else steps.Rollback(service)
