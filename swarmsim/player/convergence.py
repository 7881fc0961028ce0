"""When a swarm has converged: as many healthy running tasks as desired, and every host forwarding by today's store.

Hosts count that are nodes and have power: one that boots, is paused or has no daemon forwards by what it has as well.

Plain functions that look at a world at one instant and say what is still missing.
"""

from typing import Final

from core.ids import ServiceId, TaskId
from core.manager.placement.constraints import meets, parse_constraints
from core.objects import Node, Service, Task
from core.objects.node import Availability, NodeState
from core.objects.service import Global, GlobalJob, Replicated, ReplicatedJob
from core.objects.task import TaskState, is_wanted
from core.operations import Kind
from core.store import Store, slot_of
from swarmsim.checks.tables import Tables
from swarmsim.counting import counted
from swarmsim.player.roster import prevailing_store
from swarmsim.world import Power, World

MOST_NAMED: Final = 5
"""Services, in what keeps a swarm from having converged."""
MOST_REASONS: Final = 2
STACK_LABEL = "com.docker.stack.namespace"


def missing(world: World, tables: Tables, of: str | None = None) -> str:
    """What keeps a stack, a service, or everything from having converged; "" if nothing does.

    `tables` are those of this world, kept from one look to the next.
    """
    leader = world.leader()
    store = world.store(leader) if leader is not None else None
    if leader is None or store is None:
        return "there is no leader"
    services = [service for service in store.services.values() if of is None or belongs(service, of)]
    if of is not None and not services:
        return f"there is no service of {of}"
    running = healthy_tasks(world, store)
    wrong = [
        (service, count, desired)
        for service in services
        if (count := _count(store, service, running)) != (desired := desired_count(store, service))
    ]
    if not wrong:
        return _stale_tables(tables, store)
    told = [_wrong_count(store, *each) for each in wrong[:MOST_NAMED]]
    more_count = len(wrong) - MOST_NAMED
    return "; ".join([*told, *([f"{counted(more_count, 'more service')} likewise"] if more_count > 0 else [])])


def _wrong_count(store: Store, service: Service, count: int, desired: int) -> str:
    """`web has 1 of 3 tasks running (no suitable node (...))`, with what the statuses of waiting tasks say."""
    reasons = dict.fromkeys(
        task.status.err
        for task in store.tasks_of_service(service.id)
        if is_wanted(task) and task.status.state < TaskState.ASSIGNED and task.status.err
    )
    said = "; ".join(list(reasons)[:MOST_REASONS])
    what = "completed" if service.job else "running"
    return f"{service.spec.name} has {count} of {desired} tasks {what}{f' ({said})' if said else ''}"


def desired_count(store: Store, service: Service) -> int:
    """How many tasks a service is to have. A global one: as many as there are nodes it is meant for."""
    match service.spec.mode:
        case Replicated(replicas):
            return replicas
        case ReplicatedJob(total_completions=total):
            return total
        case Global() | GlobalJob() if not service.spec.task.placement.constraints:
            return sum(takes_global_tasks(node) for node in store.nodes.values())
    return sum(is_wanted(task) for task in store.tasks_of_service(service.id))


def unevenness(world: World, service_name: str) -> str:
    """How the nodes that may take tasks of a service differ by more than one in how many healthy ones they run.

    Or that it has not as many as it is to have: the rest may go anywhere.
    """
    store = prevailing_store(world)
    service_id = store.id_named(Kind.SERVICE, service_name) if store is not None else None
    if store is None or service_id is None:
        return f"there is no service {service_name}"
    service = store.services[ServiceId(service_id)]
    constraints = parse_constraints(service.spec.task.placement.constraints)
    counts = {node.id: 0 for node in store.nodes.values() if _takes_tasks(node) and meets(node, constraints)}
    healthy = healthy_tasks(world, store).get(service_id, [])
    for task in healthy:
        if task.node_id in counts:
            counts[task.node_id] += 1
    if not counts:
        return f"no node may take tasks of {service_name}"
    fewest, most = min(counts, key=lambda each: counts[each]), max(counts, key=lambda each: counts[each])
    if counts[most] - counts[fewest] <= 1:
        desired = desired_count(store, service) if service.job is None else len(healthy)
        return "" if len(healthy) == desired else f"{service_name} has {len(healthy)} of {desired} tasks running"
    names = {node_id: store.nodes[node_id].description.hostname for node_id in (most, fewest)}
    return f"{service_name} has {counts[most]} tasks on {names[most]} and {counts[fewest]} on {names[fewest]}"


def _takes_tasks(node: Node) -> bool:
    return node.status.state is NodeState.READY and node.spec.availability is Availability.ACTIVE


def takes_global_tasks(node: Node | None) -> bool:
    """Whether a global service is to have a task there."""
    return (
        node is not None and node.status.state is NodeState.READY and node.spec.availability is not Availability.DRAIN
    )


def healthy_containers(world: World) -> frozenset[TaskId]:
    """Tasks whose containers run and are healthy on hosts that have power, whatever any manager thinks of them."""
    return frozenset(
        container.task_id
        for host in world.hosts()
        if world.power(host) is not Power.OFF
        for container in world.containers(host)
        if container.running and container.healthy
    )


def healthy_tasks(world: World, store: Store) -> dict[str, list[Task]]:
    """By service: tasks that are meant to run, that a manager counts as running, and that really do."""
    up = healthy_containers(world)
    found: dict[str, list[Task]] = {}
    for task in store.tasks.values():
        if task.status.state is TaskState.RUNNING and task.desired_state is TaskState.RUNNING and task.id in up:
            found.setdefault(task.service_id, []).append(task)
    return found


def _count(store: Store, service: Service, running: dict[str, list[Task]]) -> int:
    """How many it has: running tasks, or of a job completed ones."""
    return len(running.get(service.id, ())) if service.job is None else completed_count(store, service)


def completed_count(store: Store, service: Service) -> int:
    """The slots of a job that have completed in its present execution, where they still are wanted.

    A slot may complete twice: on a node that was lost, and by the task that replaced it.
    """
    assert service.job is not None
    anywhere = isinstance(service.spec.mode, ReplicatedJob)
    completed = {
        slot_of(task): None
        for task in store.tasks_of_service(service.id)
        if task.status.state is TaskState.COMPLETE
        and task.job_iteration == service.job.iteration
        and (anywhere or takes_global_tasks(store.nodes.get(task.node_id)))
    }
    return len(completed)


def belongs(service: Service, of: str) -> bool:
    """Whether a service is the one of this name, or of the stack of this name."""
    return of in (service.spec.name, service.spec.labels.get(STACK_LABEL))


def _stale_tables(tables: Tables, store: Store) -> str:
    for host, seen in tables.beside(store).items():
        if seen.version is None:
            return f"{host} has no whole routing table"
        if not seen.is_current:
            return f"{host} forwards by version {seen.version}, which is not what the store says at {store.index}"
    return ""
