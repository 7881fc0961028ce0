"""Plays the steps of a timeline: looks up whom each is about when it is due, does it, and takes it back when it ends.

A step whose target is not there (no leader just now) is tried again for a bounded time; after that, or if the story
ends before, the run cannot be judged as the story was meant, and says so: so it does if the world refuses a step. What
an operator asks of the swarm goes through the `Operator`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec.structs import replace

from core.objects import Cluster
from core.objects.cluster import JoinTokens
from core.objects.node import Availability, Role
from core.operations import Kind
from core.timing import MS, SECOND
from core.trials.endings import FAULTS
from core.trials.faults import Hosts
from swarmsim.player.cluster_orders import force_new_cluster, refused_for_its_token, rotate_tokens, set_autolock, unlock
from swarmsim.player.formation import ask_to_join, join_order
from swarmsim.player.operator import (
    Conversation,
    Done,
    Operator,
    Order,
    deploy,
    force_update,
    join,
    leave,
    read_tokens,
    remove,
    remove_node,
    remove_unused,
    roll_back,
    scale,
    set_availability,
    set_image,
    set_role,
)
from swarmsim.player.rejoining import ask_to_rejoin
from swarmsim.player.roster import NobodyThereError, Roster, groups_parted, hosts_hit
from swarmsim.recording import FaultBand
from swarmsim.scenario.plan import WriterPlan
from swarmsim.scenario.steps import (
    KILLS,
    OLD_TOKEN,
    UNDOES,
    Activate,
    Autolock,
    BurstWrites,
    CrashTask,
    Demote,
    Deploy,
    Drain,
    ExitTask,
    ForceNewCluster,
    ForceUpdate,
    Heal,
    Join,
    Leave,
    Move,
    OutOfMemory,
    Promote,
    Rejoin,
    RemoveConfig,
    RemoveNetwork,
    RemoveNode,
    RemoveSecret,
    RemoveService,
    RepairDisk,
    Resolved,
    Restart,
    Resume,
    Rollback,
    RotateTokens,
    Scale,
    Step,
    Unhealthy,
    Unlock,
    Update,
    verb_of,
)
from swarmsim.scenario.targets import HostGroup, TaskTarget
from swarmsim.world import NotDoneError, World

LOOK_AGAIN_NS = 20 * MS
PATIENCE_NS = 5 * SECOND
"""How long a step waits for its target to be there."""
MAY_HIT_NOBODY = (Heal, Restart, Resume, RepairDisk, Activate, Unlock)
"""These put things right: there being nothing to put right is no trouble."""

StartWriter = Callable[[WriterPlan, int], None]
"""Start a writer now, for so many nanoseconds."""


class _Band:
    """A `FaultBand` in the making."""

    def __init__(self, step: Step, hosts: tuple[str, ...], from_ns: int) -> None:
        self.step = step
        self.hosts = hosts
        self.from_ns = from_ns
        self.to_ns: int | None = None
        self.groups: tuple[Hosts, ...] = ()
        self.others: Hosts = ()
        self.refused = ""
        self.addresses: tuple[tuple[str, str], ...] = ()

    def closed(self) -> FaultBand:
        return FaultBand(
            verb_of(self.step.action),
            self.step.text,
            self.hosts,
            self.from_ns,
            self.to_ns,
            self.groups,
            self.others,
            self.refused,
            self.addresses,
        )


class Timeline:
    """`origin_ns` is the world's time at which the story's time 0 is."""

    def __init__(
        self,
        world: World,
        origin_ns: int,
        roster: Roster,
        operator: Operator,
        start_writer: StartWriter,
    ) -> None:
        self.problems: list[str] = []
        """What keeps the run from being judged as the story was meant."""
        self.remarks: list[str] = []
        """What came of a step otherwise than its reader might think, though the run can be judged."""
        self._waiting: dict[int, tuple[Step, str]] = {}
        """Steps that are due, in the order of scheduling, and why they could not be played yet."""
        self._scheduled_count = 0
        self._over = False
        self._old_tokens: JoinTokens | None = None
        """As they were before the last rotation."""
        self._unlock_key = ""
        """As the operator noted it down."""
        self._world = world
        self._origin_ns = origin_ns
        self._roster = roster
        self._operator = operator
        self._start_writer = start_writer
        self._bands: list[_Band] = []
        self._operations: dict[type[Any], Callable[[Any, Done], None]] = {
            Join: self._join,
            RotateTokens: self._rotate_tokens,
            Autolock: self._set_autolock,
            Unlock: self._unlock,
            ForceNewCluster: self._force_new_cluster,
            Promote: lambda action, ended: self._set_role(action.hosts, Role.MANAGER, ended),
            Demote: lambda action, ended: self._set_role(action.hosts, Role.WORKER, ended),
            Drain: lambda action, ended: self._set_availability(action.hosts, Availability.DRAIN, ended),
            Activate: lambda action, ended: self._set_availability(action.hosts, Availability.ACTIVE, ended),
            RemoveNode: self._remove_nodes,
            Leave: self._leave,
            Rejoin: self._rejoin,
            Scale: lambda action, ended: self._operator.hold(scale(action.service, action.replicas), ended),
            Update: lambda action, ended: self._operator.hold(set_image(action.service, action.image), ended),
            ForceUpdate: lambda action, ended: self._operator.hold(force_update(action.service), ended),
            Rollback: lambda action, ended: self._operator.hold(roll_back(action.service), ended),
            Deploy: self._deploy,
            RemoveSecret: lambda action, ended: self._remove_unused(Kind.SECRET, action.secret, ended),
            RemoveConfig: lambda action, ended: self._remove_unused(Kind.CONFIG, action.config, ended),
            RemoveNetwork: lambda action, ended: self._remove_unused(Kind.NETWORK, action.network, ended),
            RemoveService: lambda action, ended: self._operator.hold(remove(Kind.SERVICE, action.service), ended),
            BurstWrites: self._burst,
        }

    @property
    def bands(self) -> tuple[FaultBand, ...]:
        """What was played so far, in order."""
        return tuple(band.closed() for band in self._bands)

    def end(self) -> None:
        """The story is over: what still waits for its target is never played."""
        self._over = True
        for step, reason in self._waiting.values():
            self.problems.append(f"{_place(step)}was still waiting at the end: {reason}")
        self._waiting.clear()
        for order, reason in self._operator.unfinished(self._world.now_ns).items():
            because = f": {reason}" if reason else ""
            self.problems.append(f"{order} was still not carried out at the end{because}")

    def schedule(self, step: Step) -> None:
        """Have a step played when it is due."""
        self._scheduled_count += 1
        number = self._scheduled_count
        at = self._origin_ns + step.at_ns
        self._world.call_at(at, lambda: self._play(number, step, self._world.now_ns + PATIENCE_NS))

    def _play(self, number: int, step: Step, give_up_at: int) -> None:
        if self._over:
            return
        self._waiting.pop(number, None)
        try:
            self._do(step)
        except NotDoneError as refusal:
            self.problems.append(f"{_place(step)}was not done: {refusal}")
        except NobodyThereError as nobody:
            if self._world.now_ns >= give_up_at:
                self.problems.append(f"{_place(step)}could not be played: {nobody}")
            else:
                self._waiting[number] = (step, str(nobody))
                self._world.call_at(self._world.now_ns + LOOK_AGAIN_NS, lambda: self._play(number, step, give_up_at))

    def _do(self, step: Step) -> None:
        if isinstance(step.action, CrashTask | ExitTask | Unhealthy | OutOfMemory):
            self._befall(step, step.action.tasks)
            return
        action = self._roster.resolve(step.action)
        hosts = hosts_hit(action)
        if not hosts and hasattr(action, "hosts") and not isinstance(action, MAY_HIT_NOBODY):
            raise NobodyThereError("it fits nobody now")
        if not hosts and isinstance(action, MAY_HIT_NOBODY):
            self._note(step, hosts)
            self.remarks.append(f"{_place(step)}fits nobody: there was nothing to put right")
            return
        operation = self._operations.get(type(action))
        if operation is not None:
            band = self._note(step, hosts)
            ended = partial(self._ended, step)
            self._order(step, lambda: operation(action, ended))
            if isinstance(action, Drain):
                activate = partial(self._set_availability, action.hosts, Availability.ACTIVE, ended)
                self._end_at(step, band, lambda: self._order(step, activate))
            return
        assert isinstance(action, FAULTS)
        addresses = [self._world.address(host) for host in hosts]
        undo = self._world.apply(action)
        band = self._note(step, hosts)
        if isinstance(action, Move):
            band.addresses = tuple((old, self._world.address(host)) for host, old in zip(hosts, addresses, strict=True))
        band.groups, band.others = groups_parted(action, self._roster.group(HostGroup.ALL))
        self._roster.remember(action)
        self._close(action, hosts)
        if undo is not None:
            self._end_at(step, band, undo)

    def _befall(self, step: Step, tasks: TaskTarget) -> None:
        hits = self._roster.tasks(tasks)
        fault: Any = replace(step.action, tasks=tuple(task_id for _, task_id in hits))
        self._world.apply(fault)
        band = self._note(step, tuple(dict.fromkeys(host for host, _ in hits)))
        band.to_ns = band.from_ns

    def _note(self, step: Step, hosts: tuple[str, ...]) -> _Band:
        band = _Band(step, hosts, self._world.now_ns - self._origin_ns)
        self._bands.append(band)
        return band

    def _end_at(self, step: Step, band: _Band, undo: Callable[[], None]) -> None:
        if step.until_ns is None:
            return

        def end() -> None:
            if band.to_ns is None:
                band.to_ns = self._world.now_ns - self._origin_ns
            undo()
            if isinstance(step.action, KILLS):
                self._roster.revived(band.hosts)

        self._world.call_at(self._origin_ns + step.until_ns, end)

    def _close(self, action: Resolved, hosts: Hosts) -> None:
        """End the bands that this action takes back whole."""
        undone = UNDOES.get(type(action), ())
        for band in self._bands:
            if isinstance(band.step.action, undone) and band.to_ns is None and set(band.hosts) <= set(hosts):
                band.to_ns = self._world.now_ns - self._origin_ns

    # --- what an operator asks

    def _order(self, step: Step, say: Callable[[], None]) -> None:
        self._operator.carry_out(Order(_place(step).rstrip(), self._world.now_ns), say)

    def _ended(self, step: Step, problem: str) -> None:
        if problem:
            self.problems.append(f"{_place(step)}was not carried out: {problem}")

    def _for_nodes(self, hosts: Hosts, converse: Callable[[str], Conversation], ended: Done) -> None:
        for host in hosts:
            self._operator.hold(converse(self._world.status(host).node_id), ended)

    def _set_availability(self, hosts: Hosts, availability: Availability, ended: Done) -> None:
        self._for_nodes(hosts, lambda node_id: set_availability(node_id, availability), ended)

    def _set_role(self, hosts: Hosts, role: Role, ended: Done) -> None:
        self._for_nodes(hosts, lambda node_id: set_role(node_id, role), ended)

    def _remove_unused(self, kind: Kind, name: str, ended: Done) -> None:
        self._operator.hold(remove_unused(kind, name), ended)

    def _remove_nodes(self, action: RemoveNode[Hosts], ended: Done) -> None:
        self._roster.gone.update(dict.fromkeys(action.hosts))
        self._for_nodes(action.hosts, remove_node, ended)

    def _leave(self, action: Leave[Hosts], ended: Done) -> None:
        self._roster.gone.update(dict.fromkeys(action.hosts))
        for host in action.hosts:
            self._operator.hold(leave(self._world, host), ended, host)

    def _rejoin(self, action: Rejoin[Hosts], ended: Done) -> None:
        for host in action.hosts:
            self._roster.gone.pop(host, None)
            ask_to_rejoin(self._world, self._operator, host, ended)

    def _join(self, action: Join, ended: Done) -> None:
        if action.token == OLD_TOKEN:
            self._join_in_vain(action, self._tokens_of_the_past(), ended)
            return
        hosts = self._add_hosts(action)
        self._bands[-1].hosts = tuple(hosts)
        self._roster.joined.update(dict.fromkeys(hosts))

        def with_tokens(cluster: Cluster) -> None:
            for host in hosts:
                ask_to_join(self._world, self._operator, host, cluster.tokens, ended)

        self._operator.hold(read_tokens(with_tokens), ended)

    def _join_in_vain(self, action: Join, tokens: JoinTokens, ended: Done) -> None:
        hosts = self._add_hosts(action)
        band = self._bands[-1]
        band.hosts = tuple(hosts)
        self._roster.gone.update(dict.fromkeys(hosts))

        def answered(problem: str) -> None:
            if not problem:
                band.refused = "old token"
            ended(problem)

        for host in hosts:
            order = join_order(self._world, host, tokens)
            self._operator.hold(refused_for_its_token(join(order)), answered, at=host)

    def _add_hosts(self, action: Join) -> list[str]:
        hosts = self._new_names("m", action.manager_count) + self._new_names("w", action.worker_count)
        for host in hosts:
            self._world.add_host(host)
        return hosts

    def _rotate_tokens(self, action: RotateTokens, ended: Done) -> None:
        def note(tokens: JoinTokens) -> None:
            self._old_tokens = tokens

        worker, manager = action.which != "manager", action.which != "worker"
        self._operator.hold(rotate_tokens(worker, manager, note), ended)

    def _set_autolock(self, action: Autolock, ended: Done) -> None:
        def note(key: str) -> None:
            self._unlock_key = key or self._unlock_key  # one that is locked meanwhile still needs it

        self._operator.hold(set_autolock(action.on, note), ended)

    def _unlock(self, action: Unlock[Hosts], ended: Done) -> None:
        if action.hosts and not self._unlock_key:
            raise NobodyThereError("no manager was ever told to lock itself")
        for host in action.hosts:
            self._operator.hold(unlock(self._unlock_key), ended, at=host)

    def _force_new_cluster(self, action: ForceNewCluster[Hosts], ended: Done) -> None:
        if len(action.hosts) > 1:
            raise NobodyThereError(f"one manager begins a swarm anew, not {', '.join(action.hosts)}")
        [host] = action.hosts
        self._operator.hold(force_new_cluster(self._world, host), ended, at=host)

    def _tokens_of_the_past(self) -> JoinTokens:
        if self._old_tokens is None:
            raise NobodyThereError("no token has been rotated")
        return self._old_tokens

    def _new_names(self, letter: str, count: int) -> list[str]:
        last = max((int(host[1:]) for host in self._world.hosts() if host.startswith(letter)), default=0)
        return [f"{letter}{number}" for number in range(last + 1, last + 1 + count)]

    def _deploy(self, action: Deploy, ended: Done) -> None:
        assert action.stack is not None, f"{action.files} were not loaded with the scenario"
        self._operator.hold(deploy(action.stack, prune=action.prune), ended)

    def _burst(self, action: BurstWrites, _: Done) -> None:
        number = sum(isinstance(band.step.action, BurstWrites) for band in self._bands)
        rate_per_s = action.count * SECOND / max(action.over_ns, 1)
        self._start_writer(WriterPlan(f"burst-{number}", rate_per_s, 0.0, value_bytes=32), action.over_ns)


def _place(step: Step) -> str:
    where = f"line {step.line}: " if step.line else ""
    return f"{where}{step.text or verb_of(step.action)} at {step.at_ns / SECOND:g}s "
