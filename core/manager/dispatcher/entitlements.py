"""Who needs what: things that an agent may hold while at least one task of its has a need for them."""

from collections.abc import Iterable
from typing import Generic, TypeVar

from core.ids import TaskId

IdT = TypeVar("IdT", bound=str)


class Entitlements(Generic[IdT]):
    """Ids of one kind of thing, the tasks that need each, and which of them the agent has been given."""

    __slots__ = ("_doubtful", "_held", "_needs", "_users")

    def __init__(self) -> None:
        self._users: dict[IdT, dict[TaskId, None]] = {}
        self._needs: dict[TaskId, tuple[IdT, ...]] = {}
        self._held: dict[IdT, None] = {}
        self._doubtful: dict[IdT, None] = {}
        """Of those, the ones that the agent may or may not have."""

    def need(self, task_id: TaskId, ids: Iterable[IdT]) -> list[IdT]:
        """A task needs exactly these; which of them the agent has not been given."""
        self.release(task_id)
        self._needs[task_id] = tuple(dict.fromkeys(ids))  # a task may have one thing in several places
        for thing_id in self._needs[task_id]:
            self._users.setdefault(thing_id, {})[task_id] = None
        return [thing_id for thing_id in self._needs[task_id] if self._is_to_be_given(thing_id)]

    def release(self, task_id: TaskId) -> None:
        """A task needs nothing any more."""
        for thing_id in self._needs.pop(task_id, ()):
            users = self._users[thing_id]
            users.pop(task_id, None)
            if not users:
                del self._users[thing_id]

    def users(self, thing_id: IdT) -> Iterable[TaskId]:
        """The tasks that were told of and need this."""
        return self._users.get(thing_id, ())

    def doubt(self, thing_id: IdT) -> None:
        """What was given may not have arrived, and is not given again as long as nothing needs it."""
        self._doubtful[thing_id] = None

    def settle(self) -> tuple[tuple[IdT, ...], tuple[IdT, ...]]:
        """What the agent is to be given and what it is to lose now, so that it holds what is needed."""
        granted = tuple(filter(self._is_to_be_given, self._users))
        revoked = tuple(thing_id for thing_id in self._held if thing_id not in self._users)
        self._held.update(dict.fromkeys(granted))
        for thing_id in revoked:
            del self._held[thing_id]
        self._doubtful.clear()
        return granted, revoked

    def _is_to_be_given(self, thing_id: IdT) -> bool:
        return thing_id not in self._held or thing_id in self._doubtful
