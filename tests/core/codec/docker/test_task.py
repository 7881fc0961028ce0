"""Tasks as Docker shows them."""

import json

import pytest
from docker_records import sayable
from hypothesis import given

from core.codec.docker.network import encode_attached_network
from core.codec.docker.service import SERVICE_SPEC, encode_service
from core.codec.docker.task import encode_task
from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.objects.network import Network, NetworkAttachment, NetworkSpec
from core.objects.port import PortConfig, PublishMode
from core.objects.service import Service, ServiceSpec
from core.objects.task import ContainerSpec, ContainerStatus, Task, TaskSpec, TaskState, TaskStatus
from core.timing import SECOND

SPEC = TaskSpec(ContainerSpec("nginx:1"))
NETWORK = Network(NetworkId("n1"), NetworkSpec("front"))
NEW = Task(TaskId("t1"), ServiceId("s1"), 0, SPEC, 3, service_name="web", service_labels={"a": "b"}, version=5)
RUNNING = Task(
    TaskId("t2"),
    ServiceId("s1"),
    2,
    SPEC,
    3,
    NodeId("w1"),
    status=TaskStatus(
        TaskState.RUNNING,
        7 * SECOND,
        "started",
        container=ContainerStatus("c0ffee", 41, ports=(PortConfig(80, 32768, publish_mode=PublishMode.HOST),)),
    ),
    attachments=(NetworkAttachment(NETWORK.id, "10.0.1.5/24"), NetworkAttachment(NetworkId("gone"))),
)


def test_a_new_task_of_a_global_service() -> None:
    template = SERVICE_SPEC.write(ServiceSpec("web", SPEC))["TaskTemplate"]
    assert encode_task(NEW, {}) == {
        "ID": "t1",
        "Version": {"Index": 5},
        "CreatedAt": "1970-01-01T00:00:00Z",
        "UpdatedAt": "1970-01-01T00:00:00Z",
        "Labels": {},
        "Spec": template,
        "ServiceID": "s1",
        "Status": {"Timestamp": "1970-01-01T00:00:00Z", "State": "new", "Message": "created", "PortStatus": {}},
        "DesiredState": "running",
        "Volumes": [],
    }


@pytest.mark.parametrize(("slot", "shown"), [(0, None), (1, 0), (3, 2)])
def test_slots_of_jobs_are_told_from_0_on(slot: int, shown: int | None) -> None:
    """Docker's command line waits for a job until it has seen its slots complete: from 0 on."""
    task = Task(TaskId("t1"), ServiceId("s1"), slot, SPEC, 3, job_iteration=1)
    assert encode_task(task, {}).get("Slot") == shown


def test_a_running_task() -> None:
    shown = encode_task(RUNNING, {NETWORK.id: NETWORK})
    assert (shown["Slot"], shown["NodeID"]) == (2, "w1")
    assert shown["Status"] == {
        "Timestamp": "1970-01-01T00:00:07Z",
        "State": "running",
        "Message": "started",
        "ContainerStatus": {"ContainerID": "c0ffee", "PID": 41, "ExitCode": 0},
        "PortStatus": {"Ports": [{"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 32768, "PublishMode": "host"}]},
    }
    assert shown["NetworksAttachments"] == [
        {"Network": encode_attached_network(NETWORK), "Addresses": ["10.0.1.5/24"]},
        {"Network": {"ID": "gone"}, "Addresses": []},
    ]


def test_a_task_of_a_job_that_failed() -> None:
    status = TaskStatus(TaskState.FAILED, err="exit 3", container=ContainerStatus("c", pid=41, exit_code=3))
    desired = TaskState.COMPLETE
    task = Task(TaskId("t"), ServiceId("s"), 1, SPEC, 1, desired_state=desired, status=status, job_iteration=0)
    shown = encode_task(task, {})
    assert shown["JobIteration"] == {}
    assert shown["DesiredState"] == "complete"
    assert (shown["Status"]["State"], shown["Status"]["Err"]) == ("failed", "exit 3")
    assert shown["Status"]["ContainerStatus"] == {"ContainerID": "c", "PID": 0, "ExitCode": 3}
    assert shown["Status"]["PortStatus"] == {}


@pytest.mark.parametrize("state", TaskState)
def test_states_are_called_as_in_docker(state: TaskState) -> None:
    shown = encode_task(Task(TaskId("t"), ServiceId("s"), 1, SPEC, 1, status=TaskStatus(state)), {})
    assert shown["Status"]["State"] == state.name.lower()


@given(sayable(Task), sayable(Network))
def test_any_task_can_be_written_out(task: Task, network: Network) -> None:
    networks = {attachment.network_id: network for attachment in task.attachments}
    assert json.loads(json.dumps(encode_task(task, networks), allow_nan=False)) == encode_task(task, networks)


@given(sayable(Service))
def test_any_service_can_be_written_out(service: Service) -> None:
    assert json.loads(json.dumps(encode_service(service), allow_nan=False)) == encode_service(service)
