"""What the pair of an agent and a dispatcher talks about: tasks of every kind, and the store that they are tasks of."""

from collections.abc import Iterable
from typing import Final

from core.ids import ConfigId, NetworkId, NodeId, SecretId, ServiceId, TaskId
from core.manager.draft import Draft
from core.objects import Config, Network, Node, Secret, Service, Task
from core.objects.config import ConfigSpec
from core.objects.network import NetworkAttachment, NetworkSpec
from core.objects.node import NodeSpec, NodeState, NodeStatus
from core.objects.secret import SecretSpec
from core.objects.service import ServiceSpec
from core.objects.task import (
    ConfigReference,
    ContainerSpec,
    FileTarget,
    NetworkTarget,
    SecretReference,
    TaskSpec,
    TaskState,
    TaskStatus,
)
from core.store import Store
from core.timing import SECOND

WORKER: Final = NodeId("worker")
ELSEWHERE: Final = NodeId("elsewhere")
NETWORK: Final = NetworkId("front")
SERVICE: Final = ServiceId("web")
PASSWORD, TOKEN = SecretId("password"), SecretId("token")
SECRET_DATA: Final = {PASSWORD: b"very secret password", TOKEN: b"very secret token"}
SITE: Final = ConfigId("site")
SECRETS_OF_TASKS: Final = ((), (PASSWORD,), (PASSWORD, TOKEN), (TOKEN, PASSWORD, TOKEN), (PASSWORD, PASSWORD))
"""Of which secrets a task has files, some of them in several places."""
CONFIGS_OF_TASKS: Final = ((), (SITE,), (SITE, SITE))
TASK_COUNT: Final = 12
FENCE_NS: Final = 3 * SECOND


def founded() -> Store:
    """A store with two nodes, of which one is down, and all that tasks need."""
    store = Store()
    draft = Draft(store.copy(), 1, 0)
    draft.create(Node(WORKER, NodeSpec()))
    draft.create(Node(ELSEWHERE, NodeSpec(), status=NodeStatus(NodeState.DOWN)))
    draft.create(Network(NETWORK, NetworkSpec("front"), vni=4096))
    draft.create(Service(SERVICE, ServiceSpec("web", TaskSpec(ContainerSpec("image"), networks=_ON_NETWORK))))
    for secret_id, data in SECRET_DATA.items():
        draft.create(Secret(secret_id, SecretSpec(secret_id, data)))
    draft.create(Config(SITE, ConfigSpec("site", b"blue")))
    store.apply(1, draft.transaction())
    return store


_ON_NETWORK: Final = (NetworkTarget(NETWORK),)


def task_id_of(number: int) -> TaskId:
    """Each of several numbers makes the same task, otherwise."""
    return TaskId(f"task-{number % TASK_COUNT}")


def task_of(number: int) -> Task:
    """One of the service's tasks: its number says what it is like."""
    return Task(
        task_id_of(number),
        SERVICE,
        number,
        TaskSpec(_container(number)),
        1,
        node_id=ELSEWHERE if number % 7 == 6 else WORKER,
        desired_state=TaskState.READY if number % 5 == 0 else TaskState.RUNNING,
        status=TaskStatus(TaskState.PENDING if number % 4 == 3 else TaskState.ASSIGNED),
        attachments=(NetworkAttachment(NETWORK, f"10.0.1.{2 + number % TASK_COUNT}/24"),),
        fence_ns=FENCE_NS if number % 2 else None,
    )


def _container(number: int) -> ContainerSpec:
    secrets = SECRETS_OF_TASKS[number % len(SECRETS_OF_TASKS)]
    configs = CONFIGS_OF_TASKS[number % len(CONFIGS_OF_TASKS)]
    return ContainerSpec(
        "image",
        secrets=tuple(SecretReference(each, each, FileTarget(f"s{place}")) for place, each in enumerate(secrets)),
        configs=tuple(ConfigReference(each, each, FileTarget(f"c{place}")) for place, each in enumerate(configs)),
    )


def needed_secrets(tasks: Iterable[Task], until: TaskState = TaskState.RUNNING) -> set[SecretId]:
    """What these tasks need as long as they are in no later state."""
    of_tasks = [task.spec.container.secrets for task in tasks if task.status.state <= until]
    return {reference.secret_id for references in of_tasks for reference in references}


def needed_configs(tasks: Iterable[Task]) -> set[ConfigId]:
    """The same of configs."""
    of_tasks = [task.spec.container.configs for task in tasks if task.status.state <= TaskState.RUNNING]
    return {reference.config_id for references in of_tasks for reference in references}
