"""The simulated cluster that is served: from a plan to a running world, as an operator would set it up."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from core.timing import MS, SECOND
from swarmsim.player.conversations import deploy
from swarmsim.player.formation import Formation
from swarmsim.player.operator import Operator
from swarmsim.scenario.plan import ClusterPlan, ImagePlan, StackPlan
from swarmsim.worlds.served import ServedWorld

LOOK_NS: Final = 20 * MS


class ServedPlan(Struct, frozen=True):
    """`bare`: the hosts are in no swarm; else they form one, and the stacks are deployed."""

    cluster: ClusterPlan
    bare: bool = False
    images: tuple[ImagePlan, ...] = ()
    stacks: tuple[StackPlan, ...] = ()


class NotFormedError(Exception):
    """The cluster did not come up, and why."""


def _nobody(at_ns: int) -> None:
    pass


def start(
    plan: ServedPlan,
    seed: int,
    began_at_ns: int,
    progress: Callable[[str], None],
    formed: Callable[[int], None] = _nobody,
) -> ServedWorld:
    """A world with the plan's hosts switched on and, unless it is bare, in a swarm. Raises NotFormedError.

    `formed` is told when the swarm had formed, by the world's clock: before the stacks were deployed.
    """
    world = ServedWorld(plan.cluster, plan.images, seed, began_at_ns)
    if plan.bare:
        for host in plan.cluster.host_names:
            world.add_host(host)
        world.run_until(1 * SECOND)
        return world
    operator = Operator(world)
    count = len(plan.cluster.host_names)
    progress(f"forming a swarm of {count} {'host' if count == 1 else 'hosts'}")
    _wait(world, lambda ended: Formation(world, operator, plan.cluster, ended).begin())
    formed(world.now_ns)
    for stack in plan.stacks:
        assert stack.stack is not None, "the loader reads them"
        progress(f"deploying {stack.name}")
        conversation = deploy(stack.stack)
        _wait(world, lambda ended, conversation=conversation: operator.hold(conversation, ended))  # type: ignore[misc]
    return world


def _wait(world: ServedWorld, begin: Callable[[Callable[[str], None]], None]) -> None:
    """Let the world's time pass until what begins here has ended."""
    ended: list[str] = []
    begin(ended.append)
    while not ended:
        world.run_until(world.now_ns + LOOK_NS)
    if ended[0]:
        raise NotFormedError(ended[0])
