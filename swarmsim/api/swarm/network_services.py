"""What `docker network inspect --verbose` tells of a network: its services, and where their tasks are."""

from core.codec.docker.kinds import Object
from core.objects import Network, Service, Task
from core.objects.port import PublishMode
from core.objects.task import TaskState
from core.store import Store


def services_on(store: Store, network: Network) -> Object:
    """By name, each with its virtual address there and the tasks that run."""
    found: Object = {}
    for service in store.services.values():
        tasks = [shown for task in store.tasks_of_service(service.id) if (shown := _task(store, network, task))]
        address = _virtual_address(service, network)
        if address or tasks:
            found[service.spec.name] = {
                "VIP": address or "<nil>",
                "Ports": _ports(service) if network.spec.ingress else [],
                "LocalLBIndex": 0,
                "Tasks": tasks,
            }
    return found


def _virtual_address(service: Service, network: Network) -> str:
    own = (virtual.address for virtual in service.endpoint.virtual_ips if virtual.network_id == network.id)
    return next(own, "").partition("/")[0]


def _ports(service: Service) -> list[str]:
    return [
        f"Target: {port.target_port}, Publish: {port.published_port}"
        for port in service.endpoint.ports
        if port.publish_mode is PublishMode.INGRESS
    ]


def _task(store: Store, network: Network, task: Task) -> Object | None:
    if task.status.state is not TaskState.RUNNING:
        return None
    node = store.nodes.get(task.node_id)
    for attachment in task.attachments:
        if attachment.network_id == network.id:
            return {
                "Name": f"{task.service_name}.{task.slot or task.node_id}.{task.id}",
                "EndpointID": task.id,
                "EndpointIP": attachment.address.partition("/")[0],
                "Info": {"Host IP": node.status.address if node is not None else ""},
            }
    return None
