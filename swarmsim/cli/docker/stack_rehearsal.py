"""What deploying a stack to a daemon's swarm would change: rehearsed on a copy of what the API shows of the swarm.

No daemon shows the data of secrets: those that the stack declares are taken to hold what its files say. A network that
declares no addresses is taken to have been declared without those it was given.
"""

from collections.abc import Iterator
from random import Random

from msgspec.structs import replace

from core.compose.plan import Plan
from core.compose.plan import plan as planned
from core.compose.rehearsal import Rehearsal
from core.compose.stack import Stack
from core.objects import StoredObject
from core.objects.network import Network
from core.objects.secret import Secret
from core.operations import Kind, ListObjects, OperationError
from swarmsim.cli.docker.client import Daemon, DaemonError
from swarmsim.cli.docker.stack_requests import carry_out

_KINDS = (Kind.NETWORK, Kind.SECRET, Kind.CONFIG, Kind.SERVICE)


def rehearsed(daemon: Daemon, stack: Stack, *, prune: bool) -> Plan:
    """The plan."""
    return planned(stack, Rehearsal(Random(0), _found(daemon, stack)), prune=prune)


def _found(daemon: Daemon, stack: Stack) -> Iterator[StoredObject]:
    for kind in _KINDS:
        answer = carry_out(daemon, ListObjects(kind))
        if isinstance(answer, OperationError):
            raise DaemonError(f"Error response from daemon: {answer.message}")
        assert isinstance(answer, tuple)
        yield from (_as_declared(stored, stack) for stored in answer)


def _as_declared(stored: StoredObject, stack: Stack) -> StoredObject:
    if isinstance(stored, Secret):
        data = {spec.name: spec.data for spec in stack.secrets}.get(stored.spec.name, b"unknown")
        return replace(stored, spec=replace(stored.spec, data=data))
    if isinstance(stored, Network):
        subnets = {spec.name: spec.subnets for spec in stack.networks}
        if not subnets.get(stored.spec.name, stored.spec.subnets):
            return replace(stored, spec=replace(stored.spec, subnets=()))
    return stored
