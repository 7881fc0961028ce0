"""What is unwise about a scenario's cluster, and what it deploys there, as far as the files alone tell."""

from collections.abc import Iterator

from core.manager.members.advice import warning_of
from core.objects.fence import FENCE_LABEL, labelled_fence_ns
from core.timing import PROFILES
from swarmsim.scenario.plan import Scenario, StackPlan
from swarmsim.scenario.refusals import refusals
from swarmsim.scenario.steps import Deploy
from swarmsim.scenario.words import write_duration


def unwise(scenario: Scenario) -> tuple[str, ...]:
    """Each in a sentence without its full stop."""
    warning = warning_of(scenario.cluster.manager_count)
    warnings = [f"cluster: {warning}"] if warning else []
    return (*warnings, *dict.fromkeys(_short_fences(scenario)), *refusals(scenario))


def _short_fences(scenario: Scenario) -> Iterator[str]:
    """A fence holds all the same if it is too short; but its tasks stop whenever another manager comes to lead.

    The swarm takes it, since it knows nothing of the reasons for which a service may be stopped.
    """
    change_ns = PROFILES[scenario.cluster.timing].raft.leader_change_ns
    deployed: list[StackPlan | Deploy] = list(scenario.deploy)
    deployed += (step.action for step in scenario.timeline if isinstance(step.action, Deploy))
    for stack in (each.stack for each in deployed if each.stack is not None):
        for service in stack.services:
            fence_ns = labelled_fence_ns(service.spec.labels)
            if fence_ns is not None and fence_ns < change_ns:
                yield (
                    f"service {service.spec.name}: {FENCE_LABEL} {write_duration(fence_ns)} is shorter than a change "
                    f"of leader may take under timing {scenario.cluster.timing}, {write_duration(change_ns)}: "
                    "that would stop its tasks as well"
                )
