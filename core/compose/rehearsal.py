"""Deploying to a copy of a swarm's store: what would be written, and what the swarm would refuse.

A rehearsal carries out every operation at once, through the very checks that a leader makes of it, on a store that is
its own. The swarm itself learns nothing of it. Left out: everything that follows from a write on a real swarm, such as
tasks, addresses, and what somebody else writes meanwhile. It takes as long as there are objects to copy: it is for
clients, and no part of a host's step.
"""

from collections.abc import Iterable
from random import Random

from core.compose.deployment import Deployed, Deployment, DeploymentFailed
from core.compose.stack import Stack
from core.manager.control.control import carry_out
from core.manager.control.queries import query
from core.manager.draft import Draft
from core.objects import StoredObject
from core.operations import Answer, Operation, OperationError, Query, Write
from core.store import Create, Store


class Rehearsal:
    """A swarm of its own that holds `objects`; `rng` draws the ids of what is created in it."""

    __slots__ = ("_rng", "store", "writes")

    def __init__(self, rng: Random, objects: Iterable[StoredObject] = ()) -> None:
        self.store = Store()
        self.writes: list[Write] = []
        """What was done, in order; not what was refused, or changed nothing."""
        self._rng = rng
        for stored in objects:
            self.store.put(Create(stored))
            self.store.index = max(self.store.index, stored.version)

    def deploy(self, stack: Stack, *, prune: bool = False) -> Deployed | DeploymentFailed:
        """Deploy a stack, to the end."""
        deployment = Deployment(stack, prune=prune)
        operation = deployment.start()
        while operation is not None:
            operation = deployment.step(self.do(operation))
        assert deployment.outcome is not None
        return deployment.outcome

    def do(self, operation: Operation) -> Answer | OperationError:
        """Carry out one operation at once."""
        if isinstance(operation, Query):
            return query(self.store, operation)
        assert isinstance(operation, Write)
        draft = Draft(self.store, self.store.index + 1, 0)
        answer = carry_out(draft, operation, self._rng)
        draft.transaction()
        if not draft.empty:
            self.writes.append(operation)
        return answer
