"""Whether what is sent looks as the OpenAPI document says: no name that it does not know, all that it promises."""

from typing import Any

from jsonschema import Draft202012Validator

from core.json_schema import Schema
from swarmsim.api.shapes import SHAPES


def closed(schema: Any) -> Any:
    """The same schema, with objects that have no names but those it tells of."""
    if isinstance(schema, list):
        return list(map(closed, schema))
    if not isinstance(schema, dict):
        return schema
    inner = {word: closed(content) for word, content in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        return {"additionalProperties": False, **inner}
    return inner


_COMPONENTS = {"schemas": closed(dict(SHAPES))}


def faults_in(content: Any, schema: Schema) -> list[str]:
    """What does not fit, each with its path; `schema` may refer to the document's components."""
    validator = Draft202012Validator({**closed(dict(schema)), "components": _COMPONENTS})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(content)]
