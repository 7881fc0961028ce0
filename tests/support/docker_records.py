"""Records that Docker's JSON can say: any that Hypothesis draws, but for what has no words there."""

import json
from math import isfinite
from typing import Any, Final

from hypothesis import strategies as st
from msgspec import Struct, structs
from records import instances

from core.objects.cluster import ClusterSpec
from core.objects.config import ConfigSpec
from core.objects.secret import SecretSpec

_KEPT: Final[dict[type, str]] = {
    ClusterSpec: "CAConfig.ForceRotate",
    ConfigSpec: "Templating",
    SecretSpec: "Driver",
}
"""By record, the path of something of which Docker knows and we do not: it is kept in `unsupported`."""


def sayable(annotation: Any) -> st.SearchStrategy[Any]:
    """Like `records.instances`."""
    return instances(annotation).map(_said)


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
    if not hasattr(record, "unsupported"):
        return {}
    kept = {_KEPT[type(record)]: {"Name": record.unsupported, "Numbers": [0]}} if record.unsupported else None
    return {"unsupported": json.dumps(kept, sort_keys=True, separators=(",", ":")) if kept else ""}
