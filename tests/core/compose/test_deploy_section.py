"""The deploy section: modes, placement, resources, restarts and updates."""

from typing import Any

import pytest
from compose_stacks import stack_of, web

from core.objects.resources import Resources
from core.objects.service import (
    EndpointMode,
    FailureAction,
    Global,
    GlobalJob,
    Replicated,
    ReplicatedJob,
    UpdateConfig,
    UpdateOrder,
)
from core.objects.task import (
    Placement,
    RestartCondition,
    RestartPolicy,
)
from core.timing import SECOND


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({}, Replicated(1)),
        ({"replicas": 0}, Replicated(0)),
        ({"mode": "replicated", "replicas": 5}, Replicated(5)),
        ({"mode": "global"}, Global()),
        ({"mode": "replicated-job", "replicas": 4}, ReplicatedJob(4, 4)),
        ({"mode": "global-job"}, GlobalJob()),
    ],
)
def test_modes(written: dict[str, Any], meant: object) -> None:
    assert web(deploy=written).mode == meant


def test_replicas_may_come_from_a_variable() -> None:
    stack = stack_of("services: {web: {image: web, deploy: {replicas: '${N}'}}}")
    assert stack.services[0].spec.mode == Replicated(3)


def test_placement_resources_restart_and_updates() -> None:
    spec = web(
        deploy={
            "placement": {
                "constraints": ["node.role == worker", "node.labels.zone!=a"],
                "preferences": [{"spread": "node.labels.rack"}],
                "max_replicas_per_node": 2,
            },
            "resources": {
                "limits": {"cpus": "0.50", "memory": "50M", "pids": 10},
                "reservations": {"cpus": 0.25, "memory": "20m"},
            },
            "restart_policy": {"condition": "on-failure", "delay": "2s", "max_attempts": 3, "window": "1m"},
            "update_config": {
                "parallelism": 2,
                "delay": "1s",
                "failure_action": "rollback",
                "monitor": "10s",
                "max_failure_ratio": 0.3,
                "order": "start-first",
            },
            "rollback_config": {"parallelism": 0, "failure_action": "continue"},
            "endpoint_mode": "dnsrr",
        }
    )
    assert spec.task.placement == Placement(("node.role == worker", "node.labels.zone!=a"), ("node.labels.rack",), 2)
    assert spec.task.limits == Resources(500_000_000, 50 << 20, 10)
    assert spec.task.reservations == Resources(250_000_000, 20 << 20)
    assert spec.task.restart == RestartPolicy(RestartCondition.ON_FAILURE, 2 * SECOND, 3, 60 * SECOND)
    assert spec.update == UpdateConfig(2, SECOND, FailureAction.ROLLBACK, 10 * SECOND, 0.3, UpdateOrder.START_FIRST)
    assert spec.rollback == UpdateConfig(parallelism=0, failure_action=FailureAction.CONTINUE)
    assert spec.endpoint.mode is EndpointMode.DNSRR


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", RestartPolicy(RestartCondition.NONE)),
        (False, RestartPolicy(RestartCondition.NONE)),
        ("always", RestartPolicy()),
        ("unless-stopped", RestartPolicy()),
        ("on-failure:5", RestartPolicy(RestartCondition.ON_FAILURE, max_attempts=5)),
    ],
)
def test_restart_counts_where_deploy_says_nothing(written: object, meant: RestartPolicy) -> None:
    assert web(restart=written).task.restart == meant
    assert web(restart=written, deploy={"restart_policy": {"delay": "1s"}}).task.restart == RestartPolicy(
        delay_ns=SECOND
    )
