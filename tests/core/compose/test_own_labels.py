"""Labels that only we understand, where they would do nothing."""

import pytest
from compose_stacks import stack_of

from core.compose.stack import StackWarning

KNOWN = "There are swarmsim.drain-grace, swarmsim.restart-backoff, swarmsim.fence"


def warnings_of(service: str) -> tuple[StackWarning, ...]:
    return stack_of(f"services: {{web: {{image: web, {service}}}}}").warnings


@pytest.mark.parametrize(
    ("labels", "label", "path"),
    [
        ("{swarmsim.fenc: 10s}", "swarmsim.fenc", "deploy.labels.swarmsim.fenc"),
        ("['team=a', 'swarmsim.fences=10s']", "swarmsim.fences", "deploy.labels[1]"),
        ("{Swarmsim.Fence: 10s}", "Swarmsim.Fence", "deploy.labels.Swarmsim.Fence"),
        ("{swarmsim-fence: 10s}", "swarmsim-fence", "deploy.labels.swarmsim-fence"),
    ],
)
def test_a_misspelt_one(labels: str, label: str, path: str) -> None:
    [warning] = warnings_of(f"deploy: {{labels: {labels}}}")
    told = f"label {label!r} does nothing; did you mean 'swarmsim.fence'? {KNOWN}"
    assert (warning.message, warning.path) == (told, f"services.web.{path}")


@pytest.mark.parametrize(
    ("labels", "path"), [("{swarmsim.fence: 10s}", "labels.swarmsim.fence"), ("['swarmsim.fence=10s']", "labels[0]")]
)
def test_one_on_the_container(labels: str, path: str) -> None:
    told = "label 'swarmsim.fence' does nothing here: it belongs under deploy.labels"
    assert warnings_of(f"labels: {labels}") == (StackWarning(told, f"services.web.{path}"),)


def test_those_that_are_as_they_should_be_and_those_of_others() -> None:
    assert warnings_of("labels: {team: a}, deploy: {labels: {team: a, swarmsim.fence: 10s}}") == ()
