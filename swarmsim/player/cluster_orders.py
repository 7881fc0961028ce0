"""What an operator asks of the swarm as a whole: that it changes its settings, or its secrets."""

from collections.abc import Callable

from msgspec.structs import replace

from core.ids import Address
from core.objects import Cluster
from core.objects.cluster import JoinTokens
from core.operations import ErrorCode, InitSwarm, Kind, ListObjects, UnlockSwarm, UpdateCluster
from swarmsim.player.conversations import ask_unless_done
from swarmsim.player.operator import Conversation, ConversationFailedError, RejectedError
from swarmsim.world import World

Ask = Callable[[Cluster], UpdateCluster]
BAD_TOKEN = "A valid join token is necessary to join this cluster"


def change_cluster(update: Ask) -> Conversation:
    """Update the cluster as it is, again if somebody else changed it meanwhile."""
    while True:
        clusters: tuple[Cluster, ...] = yield ListObjects(Kind.CLUSTER)
        try:
            yield update(clusters[0])
        except RejectedError as rejected:
            if rejected.error.code is not ErrorCode.OUT_OF_SEQUENCE:
                raise
        else:
            return


def rotate_tokens(worker: bool, manager: bool, note: Callable[[JoinTokens], None]) -> Conversation:
    """`docker swarm join-token --rotate`; `note` is told the tokens as they were before."""

    before: list[JoinTokens] = []

    def rotation(cluster: Cluster) -> UpdateCluster:
        before.append(cluster.tokens)
        return UpdateCluster(cluster.version, cluster.spec, rotate_worker_token=worker, rotate_manager_token=manager)

    yield from change_cluster(rotation)
    note(before[-1])


def set_autolock(on: bool, note: Callable[[str], None]) -> Conversation:
    """`docker swarm update --autolock`; `note` is told the key that unlocks managers from then on."""

    def setting(cluster: Cluster) -> UpdateCluster:
        return UpdateCluster(cluster.version, replace(cluster.spec, autolock_managers=on))

    yield from change_cluster(setting)
    clusters: tuple[Cluster, ...] = yield ListObjects(Kind.CLUSTER)
    note(clusters[0].unlock_key)


def unlock(key: str) -> Conversation:
    """Have the host that is asked unlocked; one that is not locked is well unlocked."""
    yield from ask_unless_done(UnlockSwarm(key), ErrorCode.CONFLICT)


def force_new_cluster(world: World, host: str) -> Conversation:
    """`docker swarm init --force-new-cluster` on the manager that is asked."""
    yield InitSwarm(Address(world.address(host)), force_new_cluster=True)


def refused_for_its_token(joining: Conversation) -> Conversation:
    """A host asks to join with a token that lets nobody in: the order is carried out when it has been told so."""
    try:
        yield from joining
    except RejectedError as rejected:
        if rejected.error.message != BAD_TOKEN:
            raise
    else:
        raise ConversationFailedError("a token that was rotated let it in")
