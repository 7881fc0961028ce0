"""Nothing is held for long that nobody owns: addresses, ports, containers, secrets and routes.

What a leader could release must be gone `bounds.word_done_ns` after the first look that found it; a host is allowed
the same once it could be told, after a container's drain and stop. Load balancers' addresses go with what a host
forwards by, so their time begins once the host's table is the store's; that its data plane says so may be heard one
repetition later. So at the end of a run that has come to rest nothing
is left over, whatever it went through. What cannot be judged, since nobody leads or a host is out of touch, begins anew
when it can be.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from core.ids import NodeId
from core.manager.allocator.audit import leaks_beside_nodes, leaks_of_node
from core.mesh.afresh import afresh
from core.route_order import REPEAT_NS
from core.store import Store
from core.timing import SECOND, Timing
from swarmsim.checks.bounds import word_done_ns
from swarmsim.checks.check import Check
from swarmsim.world import World

STOP_NS: Final = 60 * SECOND
"""For what a container is allowed from its last word on: nobody knows its grace any more once its task has gone."""


class NoOrphanedResources(Check):
    """Judged on the leader's store and on every host that is in touch, or in no swarm."""

    name = "no-orphaned-resources"

    def __init__(self, timing: Timing) -> None:
        super().__init__()
        self._timing = timing
        self._since: dict[str, int] = {}

    def judge(self, at_ns: int, orphans: Iterable[tuple[str, int]]) -> None:
        """These are all the things that are held for nothing now, and how long each may be."""
        now = dict(orphans)
        self._since = {orphan: self._since.get(orphan, at_ns) for orphan in now}
        self.checked_count += 1
        for orphan, since_ns in self._since.items():
            held_ns = at_ns - since_ns
            if held_ns > now[orphan]:
                self.fail(at_ns, f"for {held_ns / SECOND:.1f} s: {orphan}")

    def sample(self, world: World) -> None:
        leader = world.leader()
        store = world.store(leader) if leader is not None else None
        self.judge(world.now_ns, () if store is None else self._orphans(world, store))

    def _orphans(self, world: World, store: Store) -> Iterator[tuple[str, int]]:
        word_ns = word_done_ns(self._timing)
        for leak in leaks_beside_nodes(store):
            yield leak, word_ns
        for host in world.hosts():
            status = world.status(host)
            if status.lives and status.node_id in store.nodes and status.in_session:
                for leak in leaks_of_node(store, store.nodes[status.node_id]):
                    if _follows(world, host, store):
                        yield leak, word_ns + REPEAT_NS
                yield from _held_by_member(world, store, host, status.node_id, word_ns)
            elif status.lives and not status.node_id:
                yield from _held_by_nobody(world, host, word_ns)


def _follows(world: World, host: str, store: Store) -> bool:
    """Whether a host forwards by what the store says, and by nothing else."""
    programmed = world.programmed_routes(host)
    return programmed is not None and programmed[1] == afresh(store, world.node_id(host))


def _held_by_member(world: World, store: Store, host: str, node_id: NodeId, word_ns: int) -> Iterator[tuple[str, int]]:
    here = {task.id: task for task in store.tasks_on_node(node_id)}
    named = {reference.secret_id for task in here.values() for reference in task.spec.container.secrets}
    for container in world.containers(host):
        if container.task_id not in here:
            yield f"{host} has a container of {container.task_id}, which is no task of it", word_ns + STOP_NS
    for secret_id in world.held_secrets(host):
        if secret_id not in store.secrets and secret_id not in named:
            yield f"{host} holds secret {secret_id} without a task", word_ns


def _held_by_nobody(world: World, host: str, word_ns: int) -> Iterator[tuple[str, int]]:
    """A host that is in no swarm has nothing of one."""
    for container in world.containers(host):
        yield f"{host} is in no swarm and has a container of {container.task_id}", word_ns + STOP_NS
    for secret_id in world.held_secrets(host):
        yield f"{host} is in no swarm and holds secret {secret_id}", word_ns
    programmed = world.programmed_routes(host)
    if programmed is not None and programmed[1]:
        yield f"{host} is in no swarm and forwards by {len(programmed[1])} routes", word_ns
