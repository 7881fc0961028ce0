"""Tasks: `Task` to Docker's. Nobody sends one."""

from collections.abc import Mapping
from typing import Final

from core import json_schema
from core.codec.docker.endpoint import PORTS
from core.codec.docker.kinds import LABELS, Object, state
from core.codec.docker.network import ATTACHED_NETWORK, encode_attached_network
from core.codec.docker.schemas import JOB_ITERATION, META
from core.codec.docker.service_mode import job_iteration
from core.codec.docker.task_template import TASK_SPEC
from core.codec.docker.times import meta, rfc3339
from core.ids import NetworkId
from core.json_schema import TIME, WHOLE, listed, shape
from core.objects.network import Network, NetworkAttachment
from core.objects.task import ContainerStatus, Task, TaskState, TaskStatus

_STATE: Final = state(TaskState).schema
TASK: Final = shape(
    {
        "ID": json_schema.TEXT,
        **META,
        "Labels": LABELS.schema,
        "Spec": TASK_SPEC.schema(),
        "ServiceID": json_schema.TEXT,
        "Status": shape(
            {
                "Timestamp": TIME,
                "State": _STATE,
                "Message": json_schema.TEXT,
                "PortStatus": shape({}, {"Ports": PORTS.schema}),
            },
            {
                "Err": json_schema.TEXT,
                "ContainerStatus": shape({"ContainerID": json_schema.TEXT, "PID": WHOLE, "ExitCode": WHOLE}),
            },
        ),
        "DesiredState": _STATE,
        "Volumes": listed({}),
    },
    {
        "Slot": WHOLE,
        "NodeID": json_schema.TEXT,
        "NetworksAttachments": listed(
            shape({"Network": ATTACHED_NETWORK, "Addresses": listed(json_schema.TEXT)}),
        ),
        "JobIteration": JOB_ITERATION,
    },
)


def encode_task(task: Task, networks: Mapping[NetworkId, Network]) -> Object:
    """An answer of GET /tasks. `networks` are those it may be attached to; one that is gone is shown by its id."""
    body = {
        "ID": task.id,
        **meta(task.version, task.created_at, task.updated_at),
        "Labels": {},
        "Spec": TASK_SPEC.write(task.spec),
        "ServiceID": task.service_id,
        "Status": _status(task.status),
        "DesiredState": _word(task.desired_state),
        "Volumes": [],
    }
    if task.slot:  # clients that wait for a job look for its slots from 0 on, and for ever
        body["Slot"] = task.slot if task.job_iteration is None else task.slot - 1
    if task.node_id:
        body["NodeID"] = task.node_id
    if task.attachments:
        body["NetworksAttachments"] = [_attachment(attachment, networks) for attachment in task.attachments]
    if task.job_iteration is not None:
        body["JobIteration"] = job_iteration(task.job_iteration)
    return body


def _word(state: TaskState) -> str:
    return state.name.lower()


def _status(status: TaskStatus) -> Object:
    body: Object = {"Timestamp": rfc3339(status.timestamp), "State": _word(status.state), "Message": status.message}
    if status.err:
        body["Err"] = status.err
    container = status.container
    if container is not None:
        body["ContainerStatus"] = _container_status(container, status.state >= TaskState.COMPLETE)
    body["PortStatus"] = {"Ports": PORTS.write(container.ports)} if container is not None and container.ports else {}
    return body


def _container_status(container: ContainerStatus, has_ended: bool) -> Object:
    pid = 0 if has_ended else container.pid
    return {"ContainerID": container.container_id, "PID": pid, "ExitCode": container.exit_code or 0}


def _attachment(attachment: NetworkAttachment, networks: Mapping[NetworkId, Network]) -> Object:
    network = networks.get(attachment.network_id)
    return {
        "Network": {"ID": attachment.network_id} if network is None else encode_attached_network(network),
        "Addresses": [attachment.address] if attachment.address else [],
    }
