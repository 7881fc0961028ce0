"""Answers in plain words: what differs from engine to engine, or from run to run, has a word of its own instead."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

_NUMBERS: Final = {"Index": "<version>", "PID": "<pid>"}
"""By the name of the field; 0 stays."""
_WORDS: Final = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"), "<time>"),
    (re.compile(r"SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}"), "<token>"),
    (re.compile(r"SWMKEY-1-[A-Za-z0-9+/]{43}"), "<key>"),
    (re.compile(r"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----"), "<certificate>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r"\b[0-9a-z]{25}\b"), "<id>"),
    (re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b"), "<address>"),
)
_TELLING: Final = 6
"""Characters from which on something kept is looked for within longer texts."""
_NO_TIME: Final = "0001-01-01T00:00:00Z"
_MATCHED: Final = (
    "This node is not a swarm manager",
    "This node is already part of a swarm",
    "This node is not part of a swarm",
    "update out of sequence",
    "already exists",
    "not found",
    "in use by",
    "is too old",
    "is too new",
)
"""What programs look for in the messages of refusals. All else in them is for people, in each engine's own words."""


class Plain:
    """`kept`: what answers were kept under; a text that has one of these in it has its name there instead."""

    def __init__(self, kept: Mapping[str, Any]) -> None:
        texts = {name: value for name, value in kept.items() if isinstance(value, str) and len(value) > 1}
        self._names = {value: f"{{{name}}}" for name, value in texts.items()}
        self._within = sorted((value for value in self._names if len(value) >= _TELLING), key=lambda value: -len(value))

    def of(self, value: Any, field: str = "") -> Any:
        """The value in plain words; lists of objects are in an order of their own."""
        if field == "Description" and isinstance(value, dict):
            value = _without_facts(value)
        if isinstance(value, dict):
            if value.keys() == {"message"}:
                return {"message": [words for words in _MATCHED if words in value["message"]]}
            return {self._text(name): self.of(content, name) for name, content in value.items()}
        if isinstance(value, list):
            plain = [self.of(content) for content in value]
            objects = all(isinstance(content, dict) for content in plain)
            return sorted(plain, key=_place) if objects else plain
        if isinstance(value, str):
            return self._text(value)
        if field in _NUMBERS and value:
            return _NUMBERS[field]
        return value

    def _text(self, text: str) -> str:
        if text == _NO_TIME:
            return text
        if text in self._names:
            return self._names[text]
        for known in self._within:
            text = text.replace(known, self._names[known])
        for pattern, word in _WORDS:
            text = pattern.sub(word, text)
        return text


def _without_facts(description: dict[str, Any]) -> dict[str, Any]:
    """A node's description without what its machine is."""
    said = {"Resources": "<resources>", "Hostname": "{hostname}"}
    engine = {
        name: f"<{name}>" if name in ("EngineVersion", "Plugins") else content
        for name, content in description.get("Engine", {}).items()
    }
    return {name: said.get(name, content) for name, content in description.items()} | {"Engine": engine}


def _place(value: dict[str, Any]) -> tuple[str, int, str]:
    """By name and slot first, so that one field more does not set a list in another order."""
    name = value.get("Name") or value.get("Spec", {}).get("Name", "") if isinstance(value.get("Spec", {}), dict) else ""
    return name, value.get("Slot", 0), json.dumps(value, sort_keys=True)
