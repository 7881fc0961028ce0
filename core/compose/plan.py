"""What a deployment would change: `docker stack deploy --dry-run`, if there were one (cli #53).

A plan is a deployment rehearsed: the same machine, answered by a copy of the swarm that makes the leader's own checks
of every write. So a deployment that follows writes what the plan says, or stops where the plan says it would, unless
somebody else changes the swarm in between.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.compose.deployment import Change, DeploymentFailed, Done
from core.compose.rehearsal import Rehearsal
from core.compose.settings import Names, Spec, settings
from core.compose.stack import NAMESPACE_LABEL, Stack
from core.ids import NodeId, TaskId
from core.manager.update.out_of_date import is_out_of_date
from core.objects import StoredObject
from core.objects.service import Service, is_job
from core.objects.task import Task
from core.operations import Kind
from core.store import Store


class Recreated(Enum):
    """Which tasks of a service an update replaces by new ones."""

    NONE = "none"
    MISPLACED = "those whose node does not suit the new placement"
    ALL = "all"


class Difference(Struct, frozen=True, gc=False):
    """One setting, by its key in a Compose file; None: it is as if nothing were written."""

    key: str
    old: str | None
    new: str | None


class PlannedChange(Struct, frozen=True, gc=False):
    """What would be done with one object, and what the file says of it that is otherwise now.

    What is created differs from nothing. What is unchanged in spite of differences is a network: no deployment ever
    changes one. Of a secret or config only labels change. What is removed is not looked into.
    """

    kind: Kind
    name: str
    done: Done
    differences: tuple[Difference, ...] = ()
    recreated: Recreated = Recreated.NONE


class Plan(Struct, frozen=True, gc=False):
    """All that a deployment would do, in its order."""

    stack: str
    changes: tuple[PlannedChange, ...]
    left_over: tuple[str, ...] = ()
    """Services of the stack that are not in its file and stay all the same; pruning would remove them."""
    refusal: str = ""
    """Why the deployment would fail after these changes; empty: it would succeed."""


IN_ANOTHER_ORDER: Final = Difference("order of lists", "one", "another")


def plan(stack: Stack, swarm: Rehearsal, *, prune: bool = False) -> Plan:
    """What deploying `stack` would change. Afterwards `swarm` is as it would be."""
    before = swarm.store.copy()
    outcome = swarm.deploy(stack, prune=prune)
    declared = {(kind, spec.name): spec for kind, spec in stack.declared_specs}
    changes = (_planned(change, before, swarm.store, declared) for change in outcome.changes)
    wanted = {service.spec.name for service in stack.services}
    ours = [service.spec for service in swarm.store.services.values()]
    left_over = [spec.name for spec in ours if spec.labels.get(NAMESPACE_LABEL) == stack.name]
    return Plan(
        stack.name,
        tuple(changes),
        tuple(sorted(set(left_over) - wanted)),
        outcome.message if isinstance(outcome, DeploymentFailed) else "",
    )


def _planned(change: Change, before: Store, after: Store, declared: Mapping[tuple[Kind, str], Spec]) -> PlannedChange:
    kind, name, done = change.kind, change.name, change.done
    if done is Done.CREATED:
        new = _named(after, kind, name)
        return PlannedChange(kind, name, done, differences(None, new.spec, names_in(after)))
    if done is Done.UPDATED:
        old, new = _named(before, kind, name), _named(after, kind, name)
        found = differences(old.spec, new.spec, {**names_in(before), **names_in(after)})
        tasks = recreated(old, new) if kind is Kind.SERVICE else Recreated.NONE
        return PlannedChange(kind, name, done, found or (IN_ANOTHER_ORDER,), tasks)
    if done is Done.UNCHANGED and (kind, name) in declared:
        found = differences(_named(before, kind, name).spec, declared[kind, name], {})
        return PlannedChange(kind, name, done, found)
    return PlannedChange(kind, name, done)


def _named(store: Store, kind: Kind, name: str) -> Service:
    object_id = store.id_named(kind, name)
    assert object_id is not None, (kind, name)
    found = store.get(kind, object_id)
    assert found is not None
    return found  # type: ignore[return-value]


def names_in(store: Store) -> Names:
    """The name of each network, secret and config, by its id."""
    named: list[StoredObject] = [*store.networks.values(), *store.secrets.values(), *store.configs.values()]
    return {stored.id: stored.spec.name for stored in named}  # type: ignore[union-attr]


def differences(old: Spec | None, new: Spec, names: Names) -> tuple[Difference, ...]:
    """Every setting that is not the same in both; none that is there in neither."""
    olds, news = settings(old, names) if old is not None else {}, settings(new, names)
    keys = [*news, *(key for key in olds if key not in news)]
    return tuple(
        Difference(key, olds.get(key), news.get(key)) for key in sorted(keys) if olds.get(key) != news.get(key)
    )


def recreated(old: Service, new: Service) -> Recreated:
    """Which tasks an update from the one to the other replaces; a job runs anew, whatever changed."""
    if is_job(new.spec.mode):
        return Recreated.ALL
    task = Task(TaskId(""), old.id, 1, old.spec.task, old.spec_version, NodeId(""), endpoint=old.spec.endpoint)
    if not is_out_of_date(new, task, None):
        return Recreated.NONE
    placed = replace(task, spec=replace(task.spec, placement=new.spec.task.placement))
    return Recreated.ALL if is_out_of_date(new, placed, None) else Recreated.MISPLACED
