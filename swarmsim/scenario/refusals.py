"""What the swarm would refuse of what a scenario deploys and scales, as far as the file alone tells.

It is rehearsed one after the other, as it comes in the file's time, each on what those before it left there: so it is
seen that a service changes its mode, or that two publish the same port. What an outage, a rollback or a swarm begun
anew makes of it is not: these are warnings. Looking ends where a step may have taken something back.
"""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from core.compose.deployment import DeploymentFailed
from core.compose.rehearsal import Rehearsal
from core.compose.stack import Stack
from core.objects.service import Replicated, Service
from core.operations import Inspect, Kind, OperationError, Remove, UpdateService
from core.timing import SECOND
from swarmsim.acceptance import founded_with
from swarmsim.scenario.plan import Scenario
from swarmsim.scenario.steps import (
    Deploy,
    ForceNewCluster,
    RemoveConfig,
    RemoveNetwork,
    RemoveSecret,
    RemoveService,
    Rollback,
    Scale,
)

_TAKES_BACK: Final = (ForceNewCluster, Rollback)


def refusals(scenario: Scenario) -> Iterator[str]:
    """A sentence without its full stop for each."""
    swarm = founded_with(())
    for plan in scenario.deploy:
        if plan.stack is not None and (reason := _refusal(swarm, plan.stack)):
            yield f"deploy: stack {plan.name!r} would be refused: {reason}"
    for step in scenario.timeline:
        reason = ""
        match step.action:
            case Deploy(stack=Stack() as stack, prune=prune):
                reason = _refusal(swarm, stack, prune=prune)
            case Scale(service=service, replicas=replicas):
                reason = _refusal_to_scale(swarm, service, replicas)
            case RemoveService(service=service):
                swarm.do(Remove(Kind.SERVICE, service))
            case RemoveSecret(secret=secret):
                swarm.do(Remove(Kind.SECRET, secret))
            case RemoveConfig(config=config):
                swarm.do(Remove(Kind.CONFIG, config))
            case RemoveNetwork(network=network):
                swarm.do(Remove(Kind.NETWORK, network))
            case action if isinstance(action, _TAKES_BACK):
                return
        if reason:
            yield f"line {step.line}: {step.text} at {step.at_ns / SECOND:g}s would be refused: {reason}"


def _refusal(swarm: Rehearsal, stack: Stack, *, prune: bool = False) -> str:
    outcome = swarm.deploy(stack, prune=prune)
    return outcome.message if isinstance(outcome, DeploymentFailed) else ""


def _refusal_to_scale(swarm: Rehearsal, name: str, replicas: int) -> str:
    found = swarm.do(Inspect(Kind.SERVICE, name))
    if not isinstance(found, Service):  # it was not deployed, of which was told
        return ""
    answer = swarm.do(UpdateService(found.id, found.version, replace(found.spec, mode=Replicated(replicas))))
    return answer.message if isinstance(answer, OperationError) else ""
