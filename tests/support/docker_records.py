"""Records that Docker's JSON can say: any that Hypothesis draws, but for what has no words there."""

import json
from math import isfinite
from typing import Any, Final

from hypothesis import strategies as st
from msgspec import Struct, structs
from records import instances

from core.objects.cluster import ClusterSpec
from core.objects.config import ConfigSpec
from core.objects.network import NetworkSpec
from core.objects.secret import SecretSpec
from core.objects.task import ContainerSpec, Mount, TaskSpec

_KEPT: Final[dict[type, str]] = {
    ClusterSpec: "CAConfig.ForceRotate",
    ConfigSpec: "Templating",
    ContainerSpec: "Privileges.Seccomp",
    Mount: "BindOptions.NonRecursive",
    NetworkSpec: "IPAM.Options",
    SecretSpec: "Driver",
    TaskSpec: "Resources.Reservations.GenericResources",
}
"""By record, the path of something of which Docker knows and we do not: it is kept in `unsupported`."""
_MOUNT_TYPES: Final = ("bind", "volume", "tmpfs", "npipe", "image")
_MOUNT_OPTIONS: Final = {
    "consistency": "cached",
    "bind-propagation": "rslave",
    "volume-nocopy": "true",
    "volume-subpath": "a/b",
    "volume-driver": "nfs",
    "volume-opt.o": "addr=10.0.0.1",
    "volume-opt.": "",
    "volume-label.a.b": "c",
    "image-subpath": "usr",
    "tmpfs-size": "65536",
    "tmpfs-mode": "1777",
    "tmpfs-uid": "1000",
    "tmpfs-noexec": "",
}


def sayable(annotation: Any) -> st.SearchStrategy[Any]:
    """Like `records.instances`."""
    return instances(annotation).map(_said)


def still_says(shown: Any, sent: Any) -> bool:
    """Whether all that was sent is shown, but for what says nothing (null, 0, false, empty) and the case of names."""
    match sent:
        case dict() if isinstance(shown, dict):
            names = {name.lower(): content for name, content in shown.items()}
            return all(still_says(names.get(name.lower()), content) for name, content in sent.items())
        case list() if isinstance(shown, list):
            return len(shown) == len(sent) and all(map(still_says, shown, sent))
        case dict() if shown is None:
            return all(still_says(None, content) for content in sent.values())
    return bool(shown == sent or not sent)


def _said(content: Any) -> Any:
    match content:
        case Struct():
            fields = {name: _said(getattr(content, name)) for name in content.__struct_fields__}
            return structs.replace(content, **fields | _restrained(content))
        case tuple():
            return tuple(map(_said, content))
        case float():
            return content if isfinite(content) else 0.5
    return content


def _restrained(record: Struct) -> dict[str, Any]:
    """The fields of which not every value can be said, with others in place of those that cannot."""
    fields: dict[str, Any] = {}
    if hasattr(record, "unsupported"):
        kept = {_KEPT[type(record)]: {"Name": record.unsupported, "Numbers": [0]}} if record.unsupported else None
        fields["unsupported"] = json.dumps(kept, sort_keys=True, separators=(",", ":")) if kept else ""
    match record:
        case Mount():
            fields["kind"] = _MOUNT_TYPES[len(record.kind) % len(_MOUNT_TYPES)]
            words = list(_MOUNT_OPTIONS)
            chosen = sorted({words[sum(map(ord, text)) % len(words)] for text in record.options})
            fields["options"] = {word: _MOUNT_OPTIONS[word] for word in chosen}
        case ContainerSpec():
            fields["credential_spec"] = {"registry": record.user} if record.credential_spec and record.user else {}
        case NetworkSpec():
            fields["driver"] = record.driver or "overlay"
    return fields
