"""Assignments as they arrive: in order, once, and in effect only when they are durable.

One message is under way at a time. Its tasks go to disk first; when they would survive a crash they take effect and the
message is acknowledged. So a container is never prepared for a task that a restarted agent would not know, and a task
that was once told removed is never run again. Secrets and configs are kept in memory alone.
"""

from msgspec import Struct

from core.agent.records import TasksAssigned
from core.durability import Persist, Persisted, Stream, Tickets
from core.effects import Effect
from core.ids import ConfigId, NodeId, SecretId, SessionId, TaskId, Ticket
from core.messages import Assignments, AssignmentsAck
from core.objects.config import Config
from core.objects.secret import Secret
from core.objects.task import Task
from core.raft.effects import Send


class Assigned(Struct, frozen=True, gc=False):
    """What a durable message asks for."""

    tasks: tuple[Task, ...]
    removed: tuple[TaskId, ...]
    complete: bool
    """With this message the agent has the whole set of the session."""


class Inbox:
    """`index`: the latest log index that assignments came from."""

    def __init__(self, tickets: Tickets, index: int, held: tuple[TaskId, ...]) -> None:
        self.index = index
        self.secrets: dict[SecretId, Secret] = {}
        self.configs: dict[ConfigId, Config] = {}
        self._tickets = tickets
        self._held: dict[TaskId, None] = dict.fromkeys(held)
        self._sequence = 0
        self._pending: tuple[Ticket, NodeId, Assignments, tuple[TaskId, ...]] | None = None
        self._named: _Named = _Named()

    def begin(self) -> None:
        """A new session: its first message is number 1. What was not yet durable is dropped; it will be said again."""
        self._sequence = 0
        self._pending = None
        self._named = _Named()

    def received(self, sender: NodeId, message: Assignments, out: list[Effect]) -> None:
        """Take the next message of the session; acknowledge again what is in effect already."""
        if message.sequence <= self._sequence:
            out.append(Send(sender, AssignmentsAck(message.session_id, self._sequence)))
        elif message.sequence == self._sequence + 1 and self._pending is None:
            if message.complete:
                self._named.add(message)
            removed = self._leftover_tasks(message)
            ticket = self._tickets.draw()
            self._pending = (ticket, sender, message, removed)
            out.append(Persist(ticket, Stream.AGENT, TasksAssigned(message.index, message.tasks, removed)))

    def persisted(self, event: Persisted, session_id: SessionId, out: list[Effect]) -> Assigned | None:
        """If this makes the message under way durable: acknowledge it and say what it asks for."""
        if self._pending is None or event.ticket < self._pending[0]:
            return None
        _, sender, message, removed = self._pending
        self._pending = None
        if message.session_id != session_id:
            return None
        self._sequence = message.sequence
        self.index = max(self.index, message.index)
        self._keep(message, removed)
        out.append(Send(sender, AssignmentsAck(session_id, self._sequence)))
        return Assigned(message.tasks, removed, message.complete and not message.more)

    def materials(self, task: Task) -> tuple[tuple[Secret, ...], tuple[Config, ...]] | None:
        """The secrets and configs of a task; None while some have not arrived."""
        container = task.spec.container
        secrets = tuple(self.secrets.get(reference.secret_id) for reference in container.secrets)
        configs = tuple(self.configs.get(reference.config_id) for reference in container.configs)
        if None in secrets or None in configs:
            return None
        return secrets, configs  # type: ignore[return-value]  # None was excluded above

    def _leftover_tasks(self, message: Assignments) -> tuple[TaskId, ...]:
        """The tasks to go: those named, and when the complete set is in, all that are not in it."""
        if not message.complete or message.more:
            return message.removed_tasks
        return tuple(task_id for task_id in self._held if task_id not in self._named.tasks)

    def _keep(self, message: Assignments, removed: tuple[TaskId, ...]) -> None:
        for task in message.tasks:
            self._held[task.id] = None
        for task_id in removed:
            self._held.pop(task_id, None)
        for secret in message.secrets:
            self.secrets[secret.id] = secret
        for config in message.configs:
            self.configs[config.id] = config
        for secret_id in message.revoked_secrets:
            self.secrets.pop(secret_id, None)
        for config_id in message.revoked_configs:
            self.configs.pop(config_id, None)
        if message.complete and not message.more:
            self.secrets = {key: self.secrets[key] for key in self.secrets if key in self._named.secrets}
            self.configs = {key: self.configs[key] for key in self.configs if key in self._named.configs}
            self._named = _Named()


class _Named:
    """What the parts of a complete set have named so far."""

    __slots__ = ("configs", "secrets", "tasks")

    def __init__(self) -> None:
        self.tasks: dict[TaskId, None] = {}
        self.secrets: dict[SecretId, None] = {}
        self.configs: dict[ConfigId, None] = {}

    def add(self, message: Assignments) -> None:
        for task in message.tasks:
            self.tasks[task.id] = None
        for secret in message.secrets:
            self.secrets[secret.id] = None
        for config in message.configs:
            self.configs[config.id] = None
        for task_id in message.removed_tasks:
            self.tasks.pop(task_id, None)
        for secret_id in message.revoked_secrets:
            self.secrets.pop(secret_id, None)
        for config_id in message.revoked_configs:
            self.configs.pop(config_id, None)
