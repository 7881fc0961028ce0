"""Places in a JSON object: `TaskTemplate.Resources.Limits` leads through objects that may not be there yet."""

from typing import Any

Json = Any


def put(body: Json, path: str, value: Json) -> None:
    """Write it there; objects on the way are made."""
    *sections, name = path.split(".")
    for section in sections:
        if body.get(section) is None:
            body[section] = {}
        body = body[section]
    body[name] = value


def find(body: Json, path: str, otherwise: Json = None) -> Json:
    """What is there; null is as if there were nothing."""
    for name in path.split("."):
        if not isinstance(body, dict) or body.get(name) is None:
            return otherwise
        body = body[name]
    return body
