"""What a step has an operator ask of the swarm: for each kind of action the conversations that carry it out."""

from collections.abc import Callable
from typing import Any

from core.objects import Cluster
from core.objects.cluster import JoinTokens
from core.objects.node import Availability, Role
from core.operations import Kind
from core.timing import SECOND
from core.trials.faults import Hosts
from swarmsim.player.bands import Band
from swarmsim.player.cluster_orders import force_new_cluster, refused_for_its_token, rotate_tokens, set_autolock, unlock
from swarmsim.player.conversations import (
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
from swarmsim.player.formation import ask_to_join, join_order
from swarmsim.player.operator import Conversation, Done, Operator
from swarmsim.player.rejoining import ask_to_rejoin
from swarmsim.player.roster import NobodyThereError, Roster
from swarmsim.scenario.plan import WriterPlan
from swarmsim.scenario.steps import (
    OLD_TOKEN,
    Activate,
    Autolock,
    BurstWrites,
    Demote,
    Deploy,
    Drain,
    ForceNewCluster,
    ForceUpdate,
    Join,
    Leave,
    Promote,
    Rejoin,
    RemoveConfig,
    RemoveNetwork,
    RemoveNode,
    RemoveSecret,
    RemoveService,
    Resolved,
    Rollback,
    RotateTokens,
    Scale,
    Unlock,
    Update,
)
from swarmsim.world import World

StartWriter = Callable[[WriterPlan, int], None]
"""Start a writer now, for so many nanoseconds."""


class Orders:
    """Remembers what an operator would note down: join tokens that were rotated away, the key of locked managers."""

    def __init__(self, world: World, roster: Roster, operator: Operator, start_writer: StartWriter) -> None:
        self._world = world
        self._roster = roster
        self._operator = operator
        self._start_writer = start_writer
        self._old_tokens: JoinTokens | None = None
        """As they were before the last rotation."""
        self._unlock_key = ""
        """As the operator noted it down."""
        self._burst_count = 0
        self._table: dict[type[Any], Callable[[Any, Band, Done], None]] = {
            Join: self._join,
            RotateTokens: self._rotate_tokens,
            Autolock: self._set_autolock,
            Unlock: self._unlock,
            ForceNewCluster: self._force_new_cluster,
            Promote: lambda action, _, ended: self._set_role(action.hosts, Role.MANAGER, ended),
            Demote: lambda action, _, ended: self._set_role(action.hosts, Role.WORKER, ended),
            Drain: lambda action, _, ended: self._set_availability(action.hosts, Availability.DRAIN, ended),
            Activate: lambda action, _, ended: self._set_availability(action.hosts, Availability.ACTIVE, ended),
            RemoveNode: self._remove_nodes,
            Leave: self._leave,
            Rejoin: self._rejoin,
            Scale: lambda action, _, ended: self._operator.hold(scale(action.service, action.replicas), ended),
            Update: lambda action, _, ended: self._operator.hold(set_image(action.service, action.image), ended),
            ForceUpdate: lambda action, _, ended: self._operator.hold(force_update(action.service), ended),
            Rollback: lambda action, _, ended: self._operator.hold(roll_back(action.service), ended),
            Deploy: self._deploy,
            RemoveSecret: lambda action, _, ended: self._remove_unused(Kind.SECRET, action.secret, ended),
            RemoveConfig: lambda action, _, ended: self._remove_unused(Kind.CONFIG, action.config, ended),
            RemoveNetwork: lambda action, _, ended: self._remove_unused(Kind.NETWORK, action.network, ended),
            RemoveService: lambda action, _, ended: self._operator.hold(remove(Kind.SERVICE, action.service), ended),
            BurstWrites: self._burst,
        }

    def includes(self, action: Resolved) -> bool:
        """Whether this is something to ask of the swarm."""
        return type(action) in self._table

    def give(self, action: Resolved, band: Band, ended: Done) -> None:
        """Begin what carries it out; `ended` is told how each conversation ended.

        NobodyThereError if there is not yet what it is about.
        """
        self._table[type(action)](action, band, ended)

    def _for_nodes(self, hosts: Hosts, converse: Callable[[str], Conversation], ended: Done) -> None:
        for host in hosts:
            self._operator.hold(converse(self._world.status(host).node_id), ended)

    def _set_availability(self, hosts: Hosts, availability: Availability, ended: Done) -> None:
        self._for_nodes(hosts, lambda node_id: set_availability(node_id, availability), ended)

    def _set_role(self, hosts: Hosts, role: Role, ended: Done) -> None:
        self._for_nodes(hosts, lambda node_id: set_role(node_id, role), ended)

    def _remove_unused(self, kind: Kind, name: str, ended: Done) -> None:
        self._operator.hold(remove_unused(kind, name), ended)

    def _remove_nodes(self, action: RemoveNode[Hosts], _: Band, ended: Done) -> None:
        self._roster.gone.update(dict.fromkeys(action.hosts))
        self._for_nodes(action.hosts, remove_node, ended)

    def _leave(self, action: Leave[Hosts], _: Band, ended: Done) -> None:
        self._roster.gone.update(dict.fromkeys(action.hosts))
        for host in action.hosts:
            self._operator.hold(leave(self._world, host), ended, host)

    def _rejoin(self, action: Rejoin[Hosts], _: Band, ended: Done) -> None:
        for host in action.hosts:
            self._roster.gone.pop(host, None)
            ask_to_rejoin(self._world, self._operator, host, ended)

    def _join(self, action: Join, band: Band, ended: Done) -> None:
        if action.token == OLD_TOKEN:
            self._join_in_vain(action, band, self._tokens_of_the_past(), ended)
            return
        hosts = self._add_hosts(action)
        band.hosts = tuple(hosts)
        self._roster.joined.update(dict.fromkeys(hosts))

        def with_tokens(cluster: Cluster) -> None:
            for host in hosts:
                ask_to_join(self._world, self._operator, host, cluster.tokens, ended)

        self._operator.hold(read_tokens(with_tokens), ended)

    def _join_in_vain(self, action: Join, band: Band, tokens: JoinTokens, ended: Done) -> None:
        hosts = self._add_hosts(action)
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

    def _rotate_tokens(self, action: RotateTokens, _: Band, ended: Done) -> None:
        def note(tokens: JoinTokens) -> None:
            self._old_tokens = tokens

        worker, manager = action.which != "manager", action.which != "worker"
        self._operator.hold(rotate_tokens(worker, manager, note), ended)

    def _set_autolock(self, action: Autolock, _: Band, ended: Done) -> None:
        def note(key: str) -> None:
            self._unlock_key = key or self._unlock_key  # one that is locked meanwhile still needs it

        self._operator.hold(set_autolock(action.on, note), ended)

    def _unlock(self, action: Unlock[Hosts], _: Band, ended: Done) -> None:
        if action.hosts and not self._unlock_key:
            raise NobodyThereError("no manager was ever told to lock itself")
        for host in action.hosts:
            self._operator.hold(unlock(self._unlock_key), ended, at=host)

    def _force_new_cluster(self, action: ForceNewCluster[Hosts], _: Band, ended: Done) -> None:
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

    def _deploy(self, action: Deploy, _: Band, ended: Done) -> None:
        assert action.stack is not None, f"{action.files} were not loaded with the scenario"
        self._operator.hold(deploy(action.stack, prune=action.prune), ended)

    def _burst(self, action: BurstWrites, _band: Band, _ended: Done) -> None:
        self._burst_count += 1
        rate_per_s = action.count * SECOND / max(action.over_ns, 1)
        self._start_writer(WriterPlan(f"burst-{self._burst_count}", rate_per_s, 0.0, value_bytes=32), action.over_ns)
