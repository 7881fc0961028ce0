"""What one agent is told to run, and the secrets and configs it is entitled to while it does.

The committed store says what an agent should know, `touch` which tasks may differ from what it was told, and each
message tells a bounded part of the difference. An agent gets a secret with the first task it was told of that needs
it, and loses it when no such task is left that has not ended.
"""

from collections.abc import Callable, Iterable
from typing import Final

from msgspec.structs import replace

from core.ids import ConfigId, NodeId, SecretId, SessionId, TaskId
from core.manager.dispatcher.entitlements import Entitlements
from core.messages import Assignments
from core.objects.config import Config
from core.objects.network import NetworkAttachment
from core.objects.secret import Secret
from core.objects.task import Task, TaskState
from core.store import Store

MAX_TASKS: Final = 100
"""Most tasks in one message (swarmkit `modificationBatchLimit`)."""
MAX_BYTES: Final = 1_048_576
"""A message is full with this many bytes of secrets and configs; the largest of them fits in besides."""

Wanted = Callable[[Task], TaskState]
"""The desired state that an agent is to be told: a stop may be withheld."""
_Told = tuple[TaskState, bool, tuple[NetworkAttachment, ...]]
"""What of a task an agent can see change: what is wanted, whether it was given up, where it is attached."""


class NodeAssignments:
    """What the agent of one session has been told, and what it has not."""

    def __init__(self, node_id: NodeId, session_id: SessionId, tasks: Iterable[Task]) -> None:
        self._node_id = node_id
        self._session_id = session_id
        self._sequence = 0
        self._completing = True
        self._touched: dict[TaskId, None] = {task.id: None for task in tasks}
        self._told: dict[TaskId, _Told] = {}
        self._secrets: Entitlements[SecretId] = Entitlements()
        self._configs: Entitlements[ConfigId] = Entitlements()

    @property
    def behind(self) -> bool:
        """Whether there may be something to tell."""
        return bool(self._touched) or self._completing

    def touch(self, task_id: TaskId) -> None:
        """This task of the node has changed, come or gone."""
        self._touched[task_id] = None

    def next_message(self, store: Store, wanted: Wanted) -> Assignments | None:
        """The next part of the difference between what is told and what the store says; None if there is none."""
        tasks: list[Task] = []
        removed: list[TaskId] = []
        size = 0
        for task_id in list(self._touched):
            if len(tasks) + len(removed) >= MAX_TASKS or size >= MAX_BYTES:
                break
            del self._touched[task_id]
            task = store.tasks.get(task_id)
            if task is None or task.node_id != self._node_id or task.status.state < TaskState.ASSIGNED:
                self._forget(task_id, removed)
            else:
                self._tell(task, wanted(task), tasks)
                size += self._entitle(task, store)
        return self._message(store, tasks, removed)

    def again(self, message: Assignments, store: Store) -> Assignments:
        """The message under way, to be sent again: without what no task is entitled to any more.

        An earlier copy may have brought it, or none: with the next message it is given again if it is needed by then,
        and revoked if it is not.
        """

        def is_needed(users: Iterable[TaskId]) -> bool:
            tasks = (store.tasks.get(task_id) for task_id in users)
            return any(task is not None and task.status.state <= TaskState.RUNNING for task in tasks)

        secrets = tuple(secret for secret in message.secrets if is_needed(self._secrets.users(secret.id)))
        configs = tuple(config for config in message.configs if is_needed(self._configs.users(config.id)))
        if (secrets, configs) == (message.secrets, message.configs):
            return message
        for secret in message.secrets:
            if secret not in secrets:
                self._secrets.doubt(secret.id)
        for config in message.configs:
            if config not in configs:
                self._configs.doubt(config.id)
        return replace(message, secrets=secrets, configs=configs)

    def _tell(self, task: Task, desired: TaskState, tasks: list[Task]) -> None:
        seen = (desired, task.status.state == TaskState.ORPHANED, task.attachments)
        if self._told.get(task.id) != seen:
            self._told[task.id] = seen
            tasks.append(task if task.desired_state == desired else replace(task, desired_state=desired))

    def _forget(self, task_id: TaskId, removed: list[TaskId]) -> None:
        if self._told.pop(task_id, None) is not None:
            removed.append(task_id)
        self._secrets.release(task_id)
        self._configs.release(task_id)

    def _entitle(self, task: Task, store: Store) -> int:
        """Give the task's secrets and configs a reason to be there, or take it away; bytes to send for that."""
        if task.status.state > TaskState.RUNNING:
            self._secrets.release(task.id)
            self._configs.release(task.id)
            return 0
        container = task.spec.container
        secrets = [each.secret_id for each in container.secrets if each.secret_id in store.secrets]
        configs = [each.config_id for each in container.configs if each.config_id in store.configs]
        new_secrets, new_configs = self._secrets.need(task.id, secrets), self._configs.need(task.id, configs)
        return sum(len(store.secrets[each].spec.data) for each in new_secrets) + sum(
            len(store.configs[each].spec.data) for each in new_configs
        )

    def _message(self, store: Store, tasks: list[Task], removed: list[TaskId]) -> Assignments | None:
        granted_secrets, revoked_secrets = self._secrets.settle()
        granted_configs, revoked_configs = self._configs.settle()
        secrets: tuple[Secret, ...] = tuple(store.secrets[each] for each in granted_secrets)
        configs: tuple[Config, ...] = tuple(store.configs[each] for each in granted_configs)
        if not (self._completing or tasks or removed or secrets or revoked_secrets or configs or revoked_configs):
            return None
        self._sequence += 1
        complete = self._completing
        self._completing = complete and bool(self._touched)
        return Assignments(
            session_id=self._session_id,
            sequence=self._sequence,
            index=store.index,
            complete=complete,
            more=self._completing,
            tasks=tuple(tasks),
            removed_tasks=tuple(removed),
            secrets=secrets,
            revoked_secrets=revoked_secrets,
            configs=configs,
            revoked_configs=revoked_configs,
        )
