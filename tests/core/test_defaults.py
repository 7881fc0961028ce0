"""What is not said is what Docker takes it to be; docs/rules.md names these with everything else."""

from typing import Any

import pytest

from core.manager.allocator.ports import FIRST_DYNAMIC_PORT, LAST_DYNAMIC_PORT
from core.manager.allocator.subnets import FIRST_VNI
from core.manager.control.founding import LONGEST_SUBNET_PREFIX
from core.manager.dispatcher.assignments import MAX_TASKS
from core.manager.lifecycle import ORPHAN_AFTER_NS
from core.manager.restart.starter import STOP_TIMEOUT_NS
from core.objects.cluster import ClusterSpec
from core.objects.endpoint import EndpointMode, EndpointSpec
from core.objects.node import Availability
from core.objects.port import PortConfig, Protocol, PublishMode
from core.objects.service import (
    FailureAction,
    Replicated,
    ReplicatedJob,
    ServiceSpec,
    UpdateConfig,
    UpdateOrder,
)
from core.objects.task import (
    ContainerSpec,
    Placement,
    RestartCondition,
    RestartPolicy,
    TaskSpec,
    TaskState,
)
from core.operations import InitSwarm
from core.store import MAX_CHANGES, MAX_TRANSACTION_BYTES
from core.timing import DOCKER, MS, SECOND

INIT = InitSwarm("192.0.2.1:2377")  # type: ignore[arg-type]  # an address
UPDATE = {
    "parallelism": 1,
    "delay_ns": 0,
    "monitor_ns": 5 * SECOND,
    "max_failure_ratio": 0.0,
    "failure_action": FailureAction.PAUSE,
    "order": UpdateOrder.STOP_FIRST,
}
RESTART = {"condition": RestartCondition.ANY, "delay_ns": 5 * SECOND, "max_attempts": 0, "window_ns": 0}
SERVICE = ServiceSpec("web", TaskSpec(ContainerSpec("app")))


def fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__}


@pytest.mark.parametrize(
    ("ours", "dockers"),
    [
        (INIT.default_address_pools, ("10.0.0.0/8",)),
        (INIT.subnet_prefix_length, 24),
        (INIT.data_path_port, 4789),
        (INIT.availability, Availability.ACTIVE),
        (LONGEST_SUBNET_PREFIX, 29),
        (ClusterSpec().name, "default"),
        (ClusterSpec().task_history_limit, 5),
        (ClusterSpec().snapshot_interval, 10_000),
        (ClusterSpec().log_entries_for_slow_followers, 500),
        (ClusterSpec().autolock_managers, False),
        ((FIRST_DYNAMIC_PORT, LAST_DYNAMIC_PORT), (30_000, 32_767)),
        (FIRST_VNI, 4096),
        (ORPHAN_AFTER_NS, 24 * 3600 * SECOND),
        (STOP_TIMEOUT_NS, 60 * SECOND),
        (MAX_CHANGES, 200),
        (MAX_TRANSACTION_BYTES, 3 * 1024 * 1024 // 2),
        (MAX_TASKS, 100),
    ],
)
def test_a_default_of_the_swarm_is_dockers(ours: object, dockers: object) -> None:
    assert ours == dockers


@pytest.mark.parametrize(
    ("ours", "dockers"),
    [
        (fields(SERVICE.update), UPDATE),
        (fields(SERVICE.rollback), UPDATE),
        (fields(SERVICE.task.restart), RESTART),
        (fields(UpdateConfig()), UPDATE),
        (fields(RestartPolicy()), RESTART),
        (SERVICE.mode, Replicated(1)),
        (ReplicatedJob(), ReplicatedJob(max_concurrent=1, total_completions=1)),
        (SERVICE.endpoint, EndpointSpec(EndpointMode.VIP, ())),
        (PortConfig(80), PortConfig(80, 0, Protocol.TCP, PublishMode.INGRESS)),
        (SERVICE.task.placement, Placement(constraints=(), preferences=(), max_replicas=0, platforms=())),
        (SERVICE.task.force_update, 0),
        (SERVICE.task.container.stop_grace_period_ns, 10 * SECOND),
    ],
)
def test_a_default_of_services_is_dockers(ours: object, dockers: object) -> None:
    assert ours == dockers


def test_task_states_have_dockers_numbers() -> None:
    assert {state.name: state.value for state in TaskState} == {
        "NEW": 0,
        "PENDING": 64,
        "ASSIGNED": 192,
        "ACCEPTED": 256,
        "PREPARING": 320,
        "READY": 384,
        "STARTING": 448,
        "RUNNING": 512,
        "COMPLETE": 576,
        "SHUTDOWN": 640,
        "FAILED": 704,
        "REJECTED": 768,
        "REMOVE": 800,
        "ORPHANED": 832,
    }


@pytest.mark.parametrize(
    ("ours", "dockers"),
    [
        (DOCKER.raft.grid_ns, 1 * SECOND),
        (DOCKER.raft.heartbeat_ns, 1 * SECOND),
        (DOCKER.raft.election_min_ns, 10 * SECOND),
        (DOCKER.raft.election_max_ns, 19 * SECOND),
        (DOCKER.raft.pre_vote, False),
        (DOCKER.raft.refusal_ns, 20 * SECOND),
        (DOCKER.dispatcher.heartbeat_ns, 5 * SECOND),
        (DOCKER.dispatcher.heartbeat_jitter_ns, 500 * MS),
        (DOCKER.dispatcher.grace_factor, 3),
        (DOCKER.dispatcher.failover_grace_factor, 6),
        (DOCKER.dispatcher.batch_ns, 100 * MS),
        (DOCKER.dispatcher.backoff_min_ns, 100 * MS),
        (DOCKER.dispatcher.backoff_max_ns, 8 * SECOND),
        (DOCKER.restart_delay_after_node_loss, True),
    ],
)
def test_the_docker_profile_keeps_dockers_times(ours: object, dockers: object) -> None:
    assert ours == dockers
