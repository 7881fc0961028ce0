"""A host gives up a secret soon after the last task there that needs it, as long as it is in touch with a leader.

Whoever is cut off cannot be told: how long a host has been in touch is counted from its last session, the last change
of leader, and its last pause.
"""

from collections.abc import Container, Mapping, Sequence

from core.facts import AgentConnected, AgentDisconnected
from core.ids import NodeId, SecretId
from core.objects.task import TaskState
from core.store import Store
from core.timing import SECOND, Timing
from swarmsim.checks.bounds import word_done_ns
from swarmsim.checks.check import Check
from swarmsim.world import FactListener, Power, World


class SecretsEndWithNeed(Check):
    """Judged on the agents' memory and the store of the manager that leads."""

    name = "secrets-end-with-need"

    def __init__(self, timing: Timing) -> None:
        super().__init__()
        self._kept_ns = word_done_ns(timing)
        """No host keeps for longer what no task of it needs."""
        self._sessions: dict[str, str] = {}
        """Host -> its agent's session with a leader."""
        self._touch: dict[str, tuple[str, str, NodeId]] = {}
        self._since: dict[tuple[str, SecretId], int] = {}

    def handlers(self) -> Mapping[type, FactListener]:
        return {AgentConnected: self._on_connected, AgentDisconnected: self._on_disconnected}

    def _on_connected(self, at_ns: int, host: str, fact: AgentConnected) -> None:
        self._sessions[host] = fact.session_id

    def _on_disconnected(self, at_ns: int, host: str, fact: AgentDisconnected) -> None:
        self._sessions.pop(host, None)

    def judge(self, at_ns: int, host: str, held: Sequence[SecretId], needed: Container[SecretId]) -> None:
        """`host` has been in touch since it was last judged, and holds these, of which it needs some."""
        needless = [secret_id for secret_id in held if secret_id not in needed]
        self.checked_count += bool(held)
        for key in [key for key in self._since if key[0] == host and key[1] not in needless]:
            del self._since[key]
        for secret_id in sorted(needless):
            kept_ns = at_ns - self._since.setdefault((host, secret_id), at_ns)
            detail = f"{host} has kept secret {secret_id} for {kept_ns / SECOND:.1f} s, which no task of it needs"
            self.expect(kept_ns <= self._kept_ns, at_ns, detail)

    def forgive(self, host: str) -> None:
        """`host` could not be told: its time begins anew."""
        for key in [key for key in self._since if key[0] == host]:
            del self._since[key]

    def sample(self, world: World) -> None:
        leader = world.leader()
        store = world.store(leader) if leader is not None else None
        for host in world.hosts():
            session = self._sessions.get(host)
            if leader is None or store is None or session is None or world.power(host) is not Power.UP:
                self.forgive(host)
                continue
            touch = (leader, session, world.node_id(host))
            if self._touch.get(host) != touch:
                self._touch[host] = touch
                self.forgive(host)
            if touch[2] in store.nodes:
                held = world.held_secrets(host)
                self.judge(world.now_ns, host, held, _needed(store, touch[2]) if held else ())


def _needed(store: Store, node_id: NodeId) -> set[SecretId]:
    return {
        reference.secret_id
        for task in store.tasks_on_node(node_id)
        if task.status.state <= TaskState.RUNNING
        for reference in task.spec.container.secrets
    }
