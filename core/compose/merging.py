"""Several Compose files as one: later files add to and override earlier ones, as in `docker stack deploy`.

Services are merged key by key, at every depth: mappings likewise, lists are joined, everything else is replaced.
Exceptions, by their place in a service: commands are replaced as a whole; lists of `key=value` count as mappings;
ports, mounts, secrets and configs that a later file has at the same published port, target or source replace the
earlier ones; aliases in a network, a ulimit and the options of another log driver are replaced. A network, volume,
secret or config that a later file declares again is what that file says: what one makes can be external in another.
"""

from collections.abc import Callable
from typing import Final

from core.compose.lists import pairs
from core.document import Value

DECLARATIONS: Final = ("networks", "volumes", "secrets", "configs")


def merge(earlier: object, later: object) -> object:
    """What the document `later` makes of the document `earlier`."""
    return _by_key(earlier, later, "", _section)


def _section(earlier: object, later: object, name: str) -> object:
    if name == "services":
        return _by_key(earlier, later, "", lambda old, new, _: _in_service(old, new, ""))
    if name in DECLARATIONS:
        return _by_key(earlier, later, "", lambda _, new, __: new)
    return later


def _by_key(earlier: object, later: object, path: str, merged: Callable[[object, object, str], object]) -> object:
    """Two mappings as one, what is in both as `merged` says; anything else is replaced, unless by nothing."""
    if later is None or earlier is None:
        return earlier if later is None else later
    if not (isinstance(earlier, dict) and isinstance(later, dict)):
        return later
    prefix = f"{path}." if path else ""
    both = {key: merged(earlier[key], later[key], f"{prefix}{key}") for key in later if key in earlier}
    return {**earlier, **later, **both}


def _in_service(earlier: object, later: object, path: str) -> object:
    if later is None or earlier is None:
        return earlier if later is None else later
    if path in _COMMANDS:
        return later or earlier
    if path in _PAIRS:
        return pairs(Value(path, earlier)) | pairs(Value(path, later))
    if path == "networks":
        return _by_key(_as_mapping(earlier), _as_mapping(later), path, _attachment)
    if path == "ulimits":
        return _by_key(earlier, later, path, lambda _, new, __: new)
    if path == "logging" and _driver(earlier) and _driver(later) and _driver(earlier) != _driver(later):
        return later
    if path == "extra_hosts" and isinstance(earlier, dict) != isinstance(later, dict):
        earlier, later = _as_hosts(earlier), _as_hosts(later)
    if path in _ONE_OR_MORE:
        earlier, later = _as_list(earlier), _as_list(later)
    if isinstance(earlier, list) and isinstance(later, list):
        return _joined(earlier, later, _IDENTITIES.get(path, _whole))
    return _by_key(earlier, later, path, _in_service)


def _attachment(earlier: object, later: object, path: str) -> object:
    return _by_key(earlier, later, path, lambda _, new, __: new)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_hosts(hosts: object) -> object:
    return [f"{name}={address}" for name, address in hosts.items()] if isinstance(hosts, dict) else hosts


def _as_mapping(networks: object) -> object:
    is_names = isinstance(networks, list) and all(isinstance(name, str) for name in networks)
    return dict.fromkeys(networks) if is_names else networks  # type: ignore[call-overload]


def _driver(logging: object) -> object:
    return logging.get("driver") if isinstance(logging, dict) else None


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


_COMMANDS: Final = frozenset({"command", "entrypoint", "healthcheck.test"})
_PAIRS: Final = frozenset({"environment", "labels", "sysctls", "deploy.labels", "logging.options"})
_ONE_OR_MORE: Final = frozenset({"dns", "dns_search", "env_file", "tmpfs"})
_IDENTITIES: Final = {"ports": _published, "volumes": _target, "secrets": _source, "configs": _source}
