"""Names of things: identifiers as distinct types, and how a host draws a new one."""

from random import Random
from typing import NewType

NodeId = NewType("NodeId", str)
"""A host's identity within one swarm; drawn afresh by the host at every `init` and `join`, never reused."""
ServiceId = NewType("ServiceId", str)
TaskId = NewType("TaskId", str)
NetworkId = NewType("NetworkId", str)
SecretId = NewType("SecretId", str)
ConfigId = NewType("ConfigId", str)
VolumeId = NewType("VolumeId", str)
ClusterId = NewType("ClusterId", str)
SessionId = NewType("SessionId", str)
"""One registration of an agent with the dispatcher; a new leader or a lost session means a new one."""
OperationId = NewType("OperationId", int)
"""Numbers the orders an agent gives to its container engine; repeated orders repeat the number."""
Ticket = NewType("Ticket", int)
"""Numbers what a host waits for: durable writes, clients' requests, key material."""
Address = NewType("Address", str)
"""Where a host listens, as `host:port`."""

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 25


def draw_id(rng: Random) -> str:
    """A new 25-character base-36 identifier, the form Docker uses."""
    number = rng.getrandbits(128)
    digits = []
    for _ in range(_ID_LENGTH):
        number, digit = divmod(number, 36)
        digits.append(_BASE36[digit])
    return "".join(digits)
