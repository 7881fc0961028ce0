"""Draws what a swarm is given to do: services to scale, to remove, to update and to deploy again, or mere writes."""

from msgspec.structs import replace

from core.timing import MS
from swarmsim.fuzz.basis import Basis
from swarmsim.fuzz.faults import task_fault
from swarmsim.fuzz.stack import FuzzStack
from swarmsim.fuzz.updates import draw_deployments, draw_mistakes, draw_righting, draw_updates
from swarmsim.scenario import steps
from swarmsim.scenario.plan import ImagePlan
from swarmsim.scenario.steps import Step


def draw_work(basis: Basis) -> list[Step]:
    """Orders and failures of tasks where a stack is deployed, else a burst of writes."""
    rng, source, stack = basis.rng, basis.source, basis.profile.stack
    if stack is None:
        return [Step(source.instant(), steps.BurstWrites(rng.randint(20, 400), rng.randint(200, 2000) * MS))]
    actions: list[steps.Action] = [
        steps.Scale(rng.choice(stack.scalable), rng.randint(0, 8)) for _ in range(rng.randint(0, 4))
    ]
    actions += [task_fault(rng, stack.updatable) for _ in range(rng.randint(0, 4))]
    return [Step(source.instant(), action) for action in actions] + _down_and_up(basis, stack) + _removals(basis, stack)


def _down_and_up(basis: Basis, stack: FuzzStack) -> list[Step]:
    """In every other schedule a service gives up slots and wants them again before their tasks have stopped."""
    rng = basis.stream("down-and-up")
    if rng.random() < 0.5:
        return []
    service = rng.choice(stack.scalable)
    down_at_ns = rng.randrange(MS, basis.source.latest_ns, MS)
    up_at_ns = down_at_ns + rng.randint(100, 2_500) * MS
    return [
        Step(down_at_ns, steps.Scale(service, rng.randint(0, 1))),
        Step(up_at_ns, steps.Scale(service, rng.randint(2, 6))),
    ]


def _removals(basis: Basis, stack: FuzzStack) -> list[Step]:
    """In two of five, services are removed, mostly to be deployed again while something is left of them.

    What only they used is removed as well if they are not deployed again.
    """
    rng = basis.stream("removals")
    if rng.random() < 0.6:
        return []
    removed_at_ns = rng.randrange(MS, basis.source.latest_ns, MS)
    again_at_ns = min(removed_at_ns + rng.randint(50, 4_000) * MS, basis.profile.faulty_ns - MS)
    services = rng.sample(stack.updatable, rng.randint(1, len(stack.updatable)))
    removals = [Step(removed_at_ns, steps.RemoveService(service)) for service in services]
    if rng.random() < 0.8:
        return [*removals, Step(again_at_ns, steps.Deploy(stack.name, (stack.file,)))]
    unused = [removal for users, removal in stack.owned if users <= set(services)]
    return [*removals, *(Step(again_at_ns, removal) for removal in unused)]


def draw_changes(basis: Basis) -> list[Step]:
    """Updates and other versions of the stack, if there is one; what they have spoilt is put right at last."""
    stack, latest_ns = basis.profile.stack, basis.source.latest_ns
    if stack is None:
        return []
    return [
        *draw_updates(basis.stream("updates"), stack, latest_ns),
        *draw_mistakes(basis.stream("mistakes"), stack, latest_ns),
        *draw_deployments(basis.source_by(basis.stream("deployments")), stack),
        *draw_righting(basis.stream("righting"), stack, basis.righted_at_ns),
    ]


def prune(basis: Basis, timeline: list[Step]) -> list[Step]:
    """Half of all deployments remove the services that are not in the version that they deploy."""
    rng = basis.stream("prune")
    return [
        replace(step, action=replace(step.action, prune=rng.random() < 0.5))
        if isinstance(step.action, steps.Deploy)
        else step
        for step in timeline
    ]


def images_of(stack: FuzzStack | None, timeline: list[Step]) -> tuple[ImagePlan, ...]:
    """Of the services as they are deployed, by one version of the file or another, and as they are updated."""
    if stack is None:
        return ()
    actions = [step.action for step in timeline]
    files = {(stack.file,): None, **{each.files: None for each in actions if isinstance(each, steps.Deploy)}}
    deployed = {
        service.spec.task.container.image for version in files for service in stack.read(stack.name, version).services
    }
    updated = {each.image: None for each in actions if isinstance(each, steps.Update)}
    others = [*stack.next_images.values(), *(plan for plans in stack.bad_images.values() for plan in plans)]
    by_name = {plan.image: plan for plan in others}
    return (
        *(plan for plan in stack.images if plan.image in deployed),
        *(by_name[image] for image in updated),
    )
