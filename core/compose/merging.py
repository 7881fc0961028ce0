"""Several Compose files as one: later files add to and override earlier ones.

Mappings are merged key by key, lists are joined, everything else is replaced. Exceptions, as in `docker stack deploy`:
commands are replaced as a whole; lists of `key=value` count as mappings; ports, mounts, secrets and configs that a
later file places at the same published port, target or source replace the earlier ones.
"""

from collections.abc import Callable
from typing import Final

from core.compose.lists import pairs
from core.document import Value


def merge(earlier: object, later: object, key: str = "") -> object:
    """What `later` makes of `earlier`; `key` is the one under which both stand."""
    if later is None:
        return earlier
    if key in _REPLACED or earlier is None:
        return later
    if key in _PAIRS:
        return pairs(Value(key, earlier)) | pairs(Value(key, later))
    if key == "networks" and isinstance(earlier, dict) != isinstance(later, dict):
        earlier, later = _as_mapping(earlier), _as_mapping(later)
    if isinstance(earlier, dict) and isinstance(later, dict):
        return earlier | {name: merge(earlier.get(name), value, name) for name, value in later.items()}
    if isinstance(earlier, list) and isinstance(later, list):
        return _joined(earlier, later, _IDENTITIES.get(key, _whole))
    return later


def _as_mapping(networks: object) -> object:
    return dict.fromkeys(networks) if isinstance(networks, list) else networks


def _joined(earlier: list[object], later: list[object], identity: Callable[[object], object]) -> list[object]:
    replaced = [identity(item) for item in later]
    return [item for item in earlier if identity(item) not in replaced] + later


def _whole(item: object) -> object:
    return item


def _source(item: object) -> object:
    return item.get("source") if isinstance(item, dict) else item


def _target(item: object) -> object:
    if isinstance(item, dict):
        return item.get("target")
    parts = str(item).split(":")
    return parts[1] if len(parts) > 1 else parts[0]


def _published(item: object) -> object:
    if isinstance(item, dict):
        return str(item.get("published") or item), item.get("protocol", "tcp")
    port, _, protocol = str(item).partition("/")
    parts = port.split(":")
    return parts[-2] if len(parts) > 1 else str(item), protocol or "tcp"


_REPLACED: Final = frozenset({"command", "entrypoint", "test"})
_PAIRS: Final = frozenset({"environment", "labels", "sysctls", "driver_opts"})
_IDENTITIES: Final = {"ports": _published, "volumes": _target, "secrets": _source, "configs": _source}
