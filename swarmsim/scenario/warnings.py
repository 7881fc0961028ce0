"""What is unwise about a scenario, as far as the file alone tells."""

from core.manager.members.advice import warning_of
from swarmsim.scenario.plan import Scenario
from swarmsim.scenario.refusals import refusals


def unwise(scenario: Scenario) -> tuple[str, ...]:
    """Each in a sentence without its full stop."""
    warning = warning_of(scenario.cluster.manager_count)
    return (*([f"cluster: {warning}"] if warning else []), *refusals(scenario))
