"""Forms the swarm before the story begins: the first manager makes it, all others join it, then all are ready.

Everything that a scenario's cluster needs is done the way an operator would do it, through the hosts' own operations;
time 0 of the story is when the last node is ready.
"""

from collections.abc import Callable

from msgspec.structs import replace

from core.ids import Address
from core.objects import Cluster
from core.objects.cluster import ClusterSpec, JoinTokens
from core.objects.node import NodeState
from core.operations import InitSwarm, JoinSwarm
from core.timing import MS
from swarmsim.player.conversations import change_node, initialise, join, read_tokens
from swarmsim.player.operator import Operator
from swarmsim.scenario.plan import ClusterPlan, NodeLabels
from swarmsim.world import World

LOOK_NS = 20 * MS
LOG_TAIL = 500
"""Log entries kept for slow followers, if snapshots are not so frequent that it would be most of the log."""


class Formation:
    """Calls `formed` once, with "" or with what kept the swarm from forming."""

    def __init__(self, world: World, operator: Operator, plan: ClusterPlan, formed: Callable[[str], None]) -> None:
        self._world = world
        self._operator = operator
        self._plan = plan
        self._formed = formed
        self._give_up_at = world.now_ns + 20 * world.timing.raft.election_max_ns + operator.patience_ns
        self._labels_left = len(plan.labels)
        self._has_ended = False

    def begin(self) -> None:
        """Switch all hosts on and have the first one make a swarm."""
        racks = {host: rack.name for rack in self._plan.racks for host in rack.hosts}
        for host in self._plan.host_names:
            self._world.add_host(host, racks.get(host, ""))
        every = self._plan.snapshot_every
        spec = ClusterSpec(snapshot_interval=every, log_entries_for_slow_followers=min(LOG_TAIL, every // 4))
        init = InitSwarm(Address(self._world.address("m1")), spec=spec)
        self._operator.hold(initialise(init), self._initialised, at="m1")

    def _initialised(self, problem: str) -> None:
        if problem:
            self._end(problem)
        else:
            self._operator.hold(read_tokens(self._join_all), self._ended)

    def _join_all(self, cluster: Cluster) -> None:
        for host in self._plan.host_names[1:]:
            ask_to_join(self._world, self._operator, host, cluster.tokens, self._ended)
        self._look()

    def _look(self) -> None:
        if self._has_ended:
            return
        if not self._all_ready():
            if self._world.now_ns >= self._give_up_at:
                self._end("not every host became a ready member in time")
                return
            self._world.call_at(self._world.now_ns + LOOK_NS, self._look)
        elif self._labels_left:
            self._label(self._plan.labels)
        else:
            self._end("")

    def _all_ready(self) -> bool:
        leader = self._world.leader()
        store = self._world.store(leader) if leader is not None else None
        if leader is None or store is None:
            return False
        states = {node.id: node.status.state for node in store.nodes.values()}
        hosts = [self._world.status(host) for host in self._plan.host_names]
        ready = all(states.get(status.node_id) is NodeState.READY for status in hosts)
        return ready and len(self._world.status(leader).voters) == self._plan.manager_count

    def _label(self, labels: tuple[NodeLabels, ...]) -> None:
        for wanted in labels:
            node_id = self._world.node_id(wanted.host)
            conversation = change_node(node_id, lambda spec, wanted=wanted: replace(spec, labels=wanted.labels))  # type: ignore[misc]
            self._operator.hold(conversation, self._labelled)

    def _labelled(self, problem: str) -> None:
        self._labels_left -= 1
        if problem or not self._labels_left:
            self._end(problem)

    def _ended(self, problem: str) -> None:
        if problem:
            self._end(problem)

    def _end(self, problem: str) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._formed(problem)


def ask_to_join(world: World, operator: Operator, host: str, tokens: JoinTokens, ended: Callable[[str], None]) -> None:
    """Have a new host join."""
    operator.hold(join(join_order(world, host, tokens)), ended, at=host)


def join_order(world: World, host: str, tokens: JoinTokens) -> JoinSwarm:
    """What a host is to be asked so that it joins as what its name says, through every manager that is up."""
    remotes = tuple(Address(world.address(other)) for other in world.hosts() if world.store(other) is not None)
    token = tokens.manager if host.startswith("m") else tokens.worker
    return JoinSwarm(Address(world.address(host)), remotes, token)
