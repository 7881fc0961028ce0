"""Updates of services among the faults: other images, bad ones, the same ones anew, back again, other files.

Drawn from a source of chance of their own, so that they come on top of a schedule without changing the rest of it.
"""

from random import Random

from core.timing import MS
from swarmsim.fuzz.faults import FaultSource
from swarmsim.fuzz.stack import FuzzStack
from swarmsim.scenario import steps
from swarmsim.scenario.steps import Action, Step
from swarmsim.scenario.targets import Group, HostGroup


def draw_updates(rng: Random, stack: FuzzStack, latest_ns: int) -> list[Step]:
    """In half of the schedules one update to four."""
    if rng.random() < 0.5:
        return []
    return [Step(rng.randrange(1, latest_ns), _draw_order(rng, stack)) for _ in range(rng.randint(1, 4))]


def draw_mistakes(rng: Random, stack: FuzzStack, latest_ns: int) -> list[Step]:
    """In half of the schedules up to two updates to images that do not work, where a stack has such."""
    if not stack.bad_images or rng.random() < 0.5:
        return []
    mistakes = []
    for _ in range(rng.randint(1, 2)):
        service = rng.choice(list(stack.bad_images))
        image = rng.choice(stack.bad_images[service]).image
        mistakes.append(Step(rng.randrange(1, latest_ns), steps.Update(service, image)))
    return mistakes


def draw_deployments(source: FaultSource, stack: FuzzStack) -> list[Step]:
    """In half of the schedules other versions of the stack's file, often with the leader lost in the middle of it.

    A last deployment puts everything right again.
    """
    if len(stack.again) < 2:
        return []
    rng, found = source.rng, []
    for _ in range(rng.randint(1, 3) if rng.random() < 0.5 else 0):
        at_ns = source.instant()
        found.append(Step(at_ns, steps.Deploy(stack.name, (rng.choice(stack.again),))))
        lost_at_ns = at_ns + source.lapse(200, 2_500)
        if rng.random() < 0.5 and lost_at_ns < source.latest_ns:
            found.append(source.lasting_from(lost_at_ns, steps.Kill(Group(HostGroup.LEADER))))
    return [*found, Step(source.until_ns - 1 * MS, steps.Deploy(stack.name, (rng.choice(stack.again),)))]


def _draw_order(rng: Random, stack: FuzzStack) -> Action:
    service = rng.choice(stack.updatable)
    kind = rng.randrange(5)
    if kind < 3:
        return steps.Update(service, stack.next_images[service].image)
    return steps.ForceUpdate(service) if kind == 3 else steps.Rollback(service)
