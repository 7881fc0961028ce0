"""Whether a swarm would take a stack: asked when its files are read, not first when it is deployed.

The stack is deployed to a store of its own, through the very checks that a leader makes of every write.
"""

from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Final

from core.compose.deployment import DeploymentFailed
from core.compose.rehearsal import Rehearsal
from core.compose.stack import Stack
from core.ids import Address, ClusterId, NodeId
from core.mistakes import Mistakes
from core.objects.cluster import JoinTokens
from core.objects.config import ConfigSpec
from core.objects.network import NetworkSpec
from core.objects.node import NodeDescription
from core.objects.secret import SecretSpec
from core.operations import CreateConfig, CreateNetwork, CreateSecret, FoundSwarm, InitSwarm, Kind, Operation

_FOUNDED: Final = FoundSwarm(
    InitSwarm(Address("127.0.0.1:2377")),
    JoinTokens("", ""),
    ClusterId("cluster"),
    NodeId("node"),
    NodeId("member"),
    NodeDescription("host"),
)
_EXTERNAL: Final[dict[Kind, Callable[[str], Operation]]] = {
    Kind.NETWORK: lambda name: CreateNetwork(NetworkSpec(name)),
    Kind.SECRET: lambda name: CreateSecret(SecretSpec(name, data=b"of somebody else")),
    Kind.CONFIG: lambda name: CreateConfig(ConfigSpec(name, data=b"of somebody else")),
}
"""Makes what a stack calls external, of which it says no more than the name."""


def check_accepted(stack: Stack) -> None:
    """Raise, as a `DocumentError`, all that a swarm would refuse in which there is what the stack calls external."""
    swarm = founded_with(stack.externals)
    for parts in (_declarations(stack), _services(stack)):  # services can be judged once all that they name is there
        mistakes = Mistakes()
        for path, part in parts:
            if reason := _refusal(swarm, part):
                mistakes.note(path, f"the swarm would refuse it: {reason}")
        mistakes.settle()


def founded_with(externals: Iterable[tuple[Kind, str]]) -> Rehearsal:
    """A swarm that was just founded and has these networks, secrets and configs of somebody else.

    One that no swarm could hold under that name is left out.
    """
    swarm = Rehearsal(Random(0))
    swarm.do(_FOUNDED)
    for kind, name in externals:
        swarm.do(_EXTERNAL[kind](name))
    return swarm


def _refusal(swarm: Rehearsal, part: Stack) -> str:
    """Deploy it; why not, if it was refused."""
    outcome = swarm.deploy(part)
    message = outcome.message if isinstance(outcome, DeploymentFailed) else ""
    return message.removeprefix("".join(f"service {service.spec.name}: " for service in part.services))


# A deployment ends at the first refusal: to hear of all of them, every part is deployed for itself.


def _declarations(stack: Stack) -> Iterator[tuple[str, Stack]]:
    yield from (("networks", Stack(stack.name, networks=(spec,))) for spec in stack.networks)
    yield from (("networks", Stack(stack.name, external_networks=(name,))) for name in stack.external_networks)
    yield from (("secrets", Stack(stack.name, secrets=(spec,))) for spec in stack.secrets)
    yield from (("configs", Stack(stack.name, configs=(spec,))) for spec in stack.configs)


def _services(stack: Stack) -> Iterator[tuple[str, Stack]]:
    for service in stack.services:
        yield f"services.{service.spec.name.removeprefix(f'{stack.name}_')}", Stack(stack.name, services=(service,))
