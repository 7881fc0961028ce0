"""Values that fit a JSON Schema of ours, and values that nearly do."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

from core.json_schema import Schema
from swarmsim.api.shapes import SHAPES

_FEW: Final = ("Replicas", "MaxConcurrent", "TotalCompletions")
"""Numbers that a swarm takes at their word: as many tasks there would be."""
_MOST_NAMES: Final = 5
_ONE_IN: Final = 8
_WORDS: Final = (
    "web",
    "db",
    "nginx:1",
    "10.0.0.0/8",
    "node.role==manager",
    "overlay",
    "m1",
    "/data",
    "é",
    "a b",
    "x" * 70,
)

texts: Final = st.sampled_from(("", *_WORDS)) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers: Final = st.sampled_from((0, 1, 2, 24, 8080, 65_536, 10**9, 2**63 - 1, -1, -(2**63)))
anything: Final = st.recursive(
    st.none() | st.booleans() | numbers | st.sampled_from((0.5, 1e300, 2**64)) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
"""Whatever JSON can say, in small."""


@st.composite
def values(draw: st.DrawFn, schema: Schema, wild: bool = False) -> Any:
    """A value that fits; if it is `wild`, here and there is something else in its place."""
    if wild and not draw(st.integers(0, _ONE_IN - 1)):
        return draw(anything)
    if "$ref" in schema:
        return draw(values(SHAPES[schema["$ref"].rpartition("/")[2]], wild))
    if "anyOf" in schema:
        return draw(values(draw(st.sampled_from(schema["anyOf"])), wild))
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    match schema.get("type"):
        case "object":
            return draw(_objects(schema, wild))
        case "array":
            least, most = schema.get("minItems", 0), schema.get("maxItems", 3)
            return draw(st.lists(values(schema["items"], wild), min_size=least, max_size=most))
    return draw(_scalar(schema))


@st.composite
def _objects(draw: st.DrawFn, schema: Schema, wild: bool) -> dict[str, Any]:
    if "additionalProperties" in schema:
        return draw(st.dictionaries(texts, values(schema["additionalProperties"], wild), max_size=3))
    properties: Mapping[str, Schema] = schema["properties"]
    if not properties:
        return {}
    most = min(_MOST_NAMES, schema.get("maxProperties", _MOST_NAMES))
    names = draw(st.lists(st.sampled_from(list(properties)), unique=True, max_size=most))
    return {name: draw(_few if name in _FEW else values(properties[name], wild)) for name in names}


_few: Final = st.integers(-1, 3)


def _scalar(schema: Schema) -> st.SearchStrategy[Any]:
    match schema.get("type"):
        case "string" if schema.get("contentEncoding") == "base64":
            return st.binary(max_size=20).map(lambda data: b64encode(data).decode())
        case "string":
            return texts
        case "integer":
            return numbers
        case "number":
            return st.sampled_from((0, 0.25, 1, 1e9))
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    return anything
