"""How long the connections of a service's tasks may take to finish, as a Compose file says it."""

from random import Random

import pytest

from core.compose.loader import load
from core.ids import ServiceId
from core.manager.orchestrator.tasks import new_task
from core.manager.restart.starter import STOP_TIMEOUT_NS
from core.mistakes import DocumentError
from core.objects.drain_grace import MAX_DRAIN_GRACE_NS
from core.objects.service import Service
from core.objects.task import ContainerSpec, Task
from core.timing import PROFILES, SECOND, Timing

TOO_LONG = (
    "too long for a drain grace; the most is 30s, "
    "since a replacement waits no longer than a minute for the task before it"
)
ADVICE = "; write a duration like 5s, 500ms or 1m30s"


def task_of(labels: object) -> Task:
    """A task of a service with these labels."""
    keys = {"image": "web:1", "deploy": {"labels": labels}}
    stack = load([{"services": {"web": keys}}], lambda path: b"", name="shop", environment={}, directory="/srv")
    return new_task(Random(1), Service(ServiceId("web"), stack.services[0].spec), 1, 0)


@pytest.mark.parametrize(
    ("labels", "meant"),
    [
        ({"swarmsim.drain-grace": "0m15s"}, 15 * SECOND),
        (["team=a", "swarmsim.drain-grace=5s"], 5 * SECOND),
        ({"swarmsim.drain-grace": 0}, 0),
        ({"swarmsim.drain-grace": "30s"}, 30 * SECOND),
        ({"team": "a"}, None),
    ],
)
def test_a_task_bears_what_the_label_of_its_service_says(labels: object, meant: int | None) -> None:
    assert task_of(labels).drain_grace_ns == meant


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (
            {"swarmsim.drain-grace": "soon"},
            "labels.swarmsim.drain-grace: label swarmsim.drain-grace: 'soon' is not a drain grace" + ADVICE,
        ),
        (
            ["team=a", "swarmsim.drain-grace=31s"],
            "labels[1]: label swarmsim.drain-grace: '31s' is " + TOO_LONG,
        ),
        (
            ["team=a", "swarmsim.restart-backoff=slowly"],
            "labels[1]: label swarmsim.restart-backoff: 'slowly' is not a longest restart delay" + ADVICE,
        ),
        (
            ["swarmsim.drain-grace"],
            "labels[0]: label swarmsim.drain-grace: '' is not a drain grace" + ADVICE,
        ),
    ],
)
def test_what_cannot_be_is_told_where_it_is_written(labels: object, told: str) -> None:
    with pytest.raises(DocumentError) as refused:
        task_of(labels)
    assert str(refused.value) == f"services.web.deploy.{told}"


@pytest.mark.parametrize("timing", PROFILES.values())
def test_the_longest_drain_and_a_usual_stop_end_before_a_replacement_stops_waiting(timing: Timing) -> None:
    longest_ns = timing.drain_ack_timeout_ns + MAX_DRAIN_GRACE_NS + ContainerSpec("web:1").stop_grace_period_ns
    assert longest_ns < STOP_TIMEOUT_NS
    assert timing.drain_grace_ns <= MAX_DRAIN_GRACE_NS
