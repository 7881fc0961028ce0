"""Expectations that something comes to hold in time: looked at again and again, from `after` until `within` is over."""

from collections.abc import Callable
from functools import partial

from core.ids import NodeId, ServiceId
from core.objects.node import NodeState
from core.objects.task import TaskState, is_wanted
from core.operations import Kind
from core.timing import MS, SECOND
from swarmsim.checks.tables import Tables
from swarmsim.counting import counted
from swarmsim.player.census import Census
from swarmsim.player.continuity import Continuity
from swarmsim.player.convergence import missing, unevenness
from swarmsim.player.operator import Operator
from swarmsim.player.roster import NobodyThereError, Roster, prevailing_store
from swarmsim.recording import Ruling, Verdict
from swarmsim.scenario.expectations import (
    CaughtUp,
    Converged,
    Even,
    Expectation,
    Gone,
    KeepsRunning,
    Leader,
    Members,
    Pending,
    Updated,
)
from swarmsim.world import World

LOOK_NS = 10 * MS
Missing = Callable[[], str]
"""What keeps something from holding at this instant; "" if nothing does."""


class Eventually:
    """Judges one such expectation, from the moment it is made until `verdict` is asked for."""

    def __init__(self, world: World, origin_ns: int, expectation: Expectation, lacks: Missing) -> None:
        claim = expectation.claim
        assert isinstance(claim, Leader | Converged | Members | CaughtUp | Updated | Pending | Even | Gone)
        self._world = world
        self._origin_ns = origin_ns
        self._expectation = expectation
        self._lacks = lacks
        self._after_ns = origin_ns + claim.after_ns
        self._until_ns = self._after_ns + claim.within_ns
        self._look_count = 0
        self._reached_at: int | None = None
        self._lacked = "the run ended before it was due"
        world.look_at(self._after_ns + 1, self._look)  # what happens at that very instant comes first

    def verdict(self) -> Verdict:
        """Unknown if the run was over before the time was."""
        if self._reached_at is not None:
            took = (self._reached_at - self._after_ns) / SECOND
            ruling, detail = Ruling.HELD, f"after {took:.3f} s"
        elif self._world.now_ns >= self._until_ns and self._look_count:
            ruling, detail = (
                Ruling.VIOLATED,
                f"not within {(self._until_ns - self._after_ns) / SECOND:g} s: {self._lacked}",
            )
        else:
            ruling, detail = Ruling.UNKNOWN, self._lacked
        at_ns = None if self._reached_at is None else self._reached_at - self._origin_ns
        return Verdict(self._expectation.text, ruling, detail, self._look_count, at_ns, line=self._expectation.line)

    def _look(self) -> None:
        self._look_count += 1
        self._lacked = self._lacks()
        if not self._lacked:
            self._reached_at = self._world.now_ns
        elif self._world.now_ns < self._until_ns:
            self._world.look_at(min(self._world.now_ns + LOOK_NS, self._until_ns), self._look)


def eventually(
    world: World, origin_ns: int, roster: Roster, operator: Operator, census: Census, expectation: Expectation
) -> Eventually | Continuity | None:
    """The judge of this expectation, if it is of a sort that must be watched as it happens."""
    claim = expectation.claim
    lacks: Missing
    match claim:
        case Leader():
            lacks = _Led(world)
        case Converged(of=of):
            converged = partial(missing, world, Tables(world), of)
            lacks = _once_carried_out(operator, origin_ns + claim.after_ns, converged)
        case Members():
            lacks = _once_carried_out(operator, origin_ns + claim.after_ns, partial(members_missing, world, claim))
        case Updated():
            lacks = _once_carried_out(operator, origin_ns + claim.after_ns, partial(update_missing, world, claim))
        case Pending():
            lacks = _once_carried_out(operator, origin_ns + claim.after_ns, partial(reason_missing, world, claim))
        case Even(service=service):
            uneven = partial(unevenness, world, service)
            lacks = _once_carried_out(operator, origin_ns + claim.after_ns, uneven)
        case Gone():
            lacks = _once_carried_out(operator, origin_ns + claim.after_ns, partial(left, world, claim.service))
        case CaughtUp():
            lacks = _CaughtUp(world, roster, claim)
        case KeepsRunning():
            return Continuity(world, origin_ns, census, expectation)
        case _:
            return None
    return Eventually(world, origin_ns, expectation, lacks)


def _once_carried_out(operator: Operator, after_ns: int, lacks: Missing) -> Missing:
    """Orders given until then count: before the swarm knows of one, things are as they should be by what it knew."""

    def lacking() -> str:
        unfinished = operator.unfinished(after_ns)
        return f"{', '.join(unfinished)} is not carried out yet" if unfinished else lacks()

    return lacking


def leader_missing(world: World) -> str:
    """A leader counts when a majority of its voters live, are in its term and know it."""
    leader = world.leader()
    if leader is None:
        return "no living manager leads"
    leading = world.status(leader)
    statuses = [world.status(host) for host in world.hosts()]
    followers = [
        status.name
        for status in statuses
        if status.lives and status.term == leading.term and status.leader_id == leading.raft_id
        if status.raft_id in leading.voters
    ]
    if 2 * len(followers) <= len(leading.voters):
        return f"{leader} leads term {leading.term}, but only {', '.join(followers)} of {len(leading.voters)} follow"
    return ""


class _Led:
    """Whoever leads at the first look must prove it: a majority must answer what it asks from then on.

    Its followers know it still when a cable has just been cut; a leader elected later has been voted for since.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._looked = False
        self._first: tuple[NodeId, int, int] | None = None
        """Raft member, term and round of whoever led at the first look."""

    def __call__(self) -> str:
        leader = self._world.leader()
        status = self._world.status(leader) if leader is not None else None
        if not self._looked:
            self._looked = True
            self._first = (status.raft_id, status.term, status.round) if status is not None else None
        lacks = leader_missing(self._world)
        if lacks or status is None or self._first is None:
            return lacks
        raft_id, term, round_before = self._first
        if (status.raft_id, status.term) == (raft_id, term) and status.confirmed_round <= round_before:
            return f"{leader} leads term {term}, but no majority has answered it since"
        return ""


def members_missing(world: World, claim: Members) -> str:
    """Managers count by Raft's membership, workers by the store; all must be ready."""
    leader = world.leader()
    store = world.store(leader) if leader is not None else None
    if leader is None or store is None:
        return "no living manager leads"
    voter_count = len(world.status(leader).voters)
    worker_count = sum(node.manager is None for node in store.nodes.values())
    unready = [node.description.hostname for node in store.nodes.values() if node.status.state is not NodeState.READY]
    if claim.manager_count not in (None, voter_count):
        return f"{counted(voter_count, 'voting manager')} instead of {claim.manager_count}"
    if claim.worker_count not in (None, worker_count):
        return f"{counted(worker_count, 'worker')} instead of {claim.worker_count}"
    return f"{', '.join(unready)} not ready" if unready else ""


def update_missing(world: World, claim: Updated) -> str:
    """What the leader's store says of a service's update."""
    store = prevailing_store(world)
    service_id = store.id_named(Kind.SERVICE, claim.service) if store is not None else None
    if store is None or service_id is None:
        return f"there is no service {claim.service}"
    status = store.services[ServiceId(service_id)].update_status
    if status is None:
        return f"{claim.service} was not updated"
    return "" if status.state is claim.state else f"{claim.service} is {status.state.value}: {status.message}"


def reason_missing(world: World, claim: Pending) -> str:
    """What the store says of the tasks of a service that are wanted and have no node."""
    store = prevailing_store(world)
    service_id = store.id_named(Kind.SERVICE, claim.service) if store is not None else None
    if store is None or service_id is None:
        return f"there is no service {claim.service}"
    tasks = store.tasks_of_service(ServiceId(service_id))
    reasons = [task.status.err for task in tasks if is_wanted(task) and task.status.state < TaskState.ASSIGNED]
    if any(claim.because in reason for reason in reasons):
        return ""
    said = "; ".join(dict.fromkeys(reason or "nothing" for reason in reasons))
    return f"{counted(len(reasons), 'task')} of {claim.service} waiting" + (f", who say: {said}" if said else "")


def left(world: World, service: str) -> str:
    """What the leader's store still has of a service."""
    store = prevailing_store(world)
    if store is None:
        return "no living manager leads"
    if store.id_named(Kind.SERVICE, service) is not None:
        return f"there is a service {service}"
    task_count = sum(task.service_name == service for task in store.tasks.values())
    return f"{counted(task_count, 'task')} of {service} left" if task_count else ""


class _CaughtUp:
    """Whom it is about, and how far they must get, is found at the first look.

    A host that boots counts from when it was given power, and has applied nothing until it lives.
    """

    def __init__(self, world: World, roster: Roster, claim: CaughtUp) -> None:
        self._world = world
        self._roster = roster
        self._target = claim.hosts
        self._wanted: tuple[tuple[str, ...], int] | None = None

    def __call__(self) -> str:
        if self._wanted is None:
            try:
                hosts = self._roster.with_power().hosts(self._target)
            except NobodyThereError as nobody:
                return str(nobody)
            indexes = [self._world.status(host).commit_index for host in self._world.hosts()]
            self._wanted = hosts, max(indexes, default=0)
        hosts, index = self._wanted
        if not hosts:
            return "there are no such managers"
        behind = [host for host in hosts if not self._has_applied(host, index)]
        return f"not applied index {index}: {', '.join(behind)}" if behind else ""

    def _has_applied(self, host: str, index: int) -> bool:
        status = self._world.status(host)
        return status.lives and status.applied_index >= index
