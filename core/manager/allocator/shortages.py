"""Who could not be served when last tried, why, and what has to come free before it is worth trying again.

That is an address of one network, or for a task that its service has all it needs, or anything else (a subnet, a port),
which is not told apart. A node may wait for addresses of several networks. What comes free on one network has nobody
looked at who waits for others: in a large swarm many may wait for good, as load balancers do once there are more nodes
than a subnet holds.
"""

from collections.abc import Iterable, Iterator

from core.ids import NetworkId, ServiceId
from core.operations import Kind

Key = tuple[Kind, str]
Awaited = NetworkId | ServiceId
ANYTHING_ELSE = NetworkId("")
"""Awaited by whoever does not wait for an address."""


class Shortages:
    """Those who wait, in the order in which they began to."""

    __slots__ = ("_keys", "_reasons")

    def __init__(self) -> None:
        self._reasons: dict[Key, dict[Awaited, str]] = {}
        """Why each waits for what it waits for."""
        self._keys: dict[Awaited, dict[Key, None]] = {}

    def __iter__(self) -> Iterator[tuple[Key, Awaited]]:
        """Who waits for what."""
        return ((key, awaited) for key, reasons in self._reasons.items() for awaited in reasons)

    def note(self, kind: Kind, object_id: str, awaited: Awaited, reason: str) -> None:
        """It waits for this."""
        key = (kind, object_id)
        self._reasons.setdefault(key, {})[awaited] = reason
        self._keys.setdefault(awaited, {})[key] = None

    def reason(self, kind: Kind, object_id: str) -> str:
        """Why it waits, as noted last; empty if it does not."""
        return next(reversed(self._reasons.get((kind, object_id), {}).values()), "")

    def forget(self, kind: Kind, object_id: str) -> None:
        """It waits for nothing."""
        key = (kind, object_id)
        for awaited in self._reasons.pop(key, ()):
            del self._keys[awaited][key]
            if not self._keys[awaited]:
                del self._keys[awaited]

    def take(self, freed: Iterable[Awaited]) -> list[Key]:
        """Those who wait for any of these: they are to be tried again, and wait for nothing until then."""
        keys = list(dict.fromkeys(key for awaited in freed for key in self._keys.get(awaited, ())))
        for key in keys:
            self.forget(*key)
        return keys
