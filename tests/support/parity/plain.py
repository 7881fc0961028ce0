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
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r"\b(?=[0-9a-z]*[0-9])[0-9a-z]{25}\b"), "<id>"),
    (re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b"), "<address>"),
)
_NO_TIME: Final = "0001-01-01T00:00:00Z"


class Plain:
    """`kept`: what answers were kept under; a text that has one of these in it has its name there instead."""

    def __init__(self, kept: Mapping[str, Any]) -> None:
        texts = {value: name for name, value in kept.items() if isinstance(value, str) and len(value) > 3}
        self._names = sorted(texts.items(), key=lambda pair: -len(pair[0]))

    def of(self, value: Any, field: str = "") -> Any:
        """The value in plain words; lists of objects are in an order of their own."""
        if isinstance(value, dict):
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
        for known, name in self._names:
            text = text.replace(known, f"{{{name}}}")
        for pattern, word in _WORDS:
            text = pattern.sub(word, text)
        return text


def _place(value: dict[str, Any]) -> tuple[str, str]:
    """By name first, so that one field more does not set a list in another order."""
    name = value.get("Name") or value.get("Spec", {}).get("Name", "") if isinstance(value.get("Spec", {}), dict) else ""
    return name, json.dumps(value, sort_keys=True)
