"""Which deployments of a scenario the swarm would refuse, as far as the file alone tells.

They are rehearsed one after the other, as they come in the file's time, each on what those before it left there: so it
is seen that a service changes its mode, or that two publish the same port. What an outage, a rollback or a swarm begun
anew makes of it is not: these are warnings. Looking ends where a step may have taken something back.
"""

from collections.abc import Iterator
from typing import Final

from core.compose.deployment import DeploymentFailed
from core.compose.rehearsal import Rehearsal
from core.compose.stack import Stack
from core.operations import Kind, Remove
from core.timing import SECOND
from swarmsim.acceptance import founded_with
from swarmsim.scenario.plan import Scenario
from swarmsim.scenario.steps import Deploy, ForceNewCluster, RemoveSecret, RemoveService, Rollback

_TAKES_BACK: Final = (ForceNewCluster, Rollback)


def refusals(scenario: Scenario) -> Iterator[str]:
    """A sentence without its full stop for each."""
    swarm = founded_with(())
    for plan in scenario.deploy:
        if plan.stack is not None and (reason := _refusal(swarm, plan.stack)):
            yield f"deploy: stack {plan.name!r} would be refused: {reason}"
    for step in scenario.timeline:
        match step.action:
            case Deploy(name=name, stack=Stack() as stack, prune=prune):
                if reason := _refusal(swarm, stack, prune=prune):
                    yield f"line {step.line}: stack {name!r} would be refused at {step.at_ns / SECOND:g}s: {reason}"
            case RemoveService(service=service):
                swarm.do(Remove(Kind.SERVICE, service))
            case RemoveSecret(secret=secret):
                swarm.do(Remove(Kind.SECRET, secret))
            case action if isinstance(action, _TAKES_BACK):
                return


def _refusal(swarm: Rehearsal, stack: Stack, *, prune: bool = False) -> str:
    outcome = swarm.deploy(stack, prune=prune)
    return outcome.message if isinstance(outcome, DeploymentFailed) else ""
