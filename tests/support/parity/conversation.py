"""Playing a script with one engine."""

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from genuine_swarm import pause
from msgspec import Struct
from parity.asks import NOTHING, Ask, at
from parity.plain import Plain
from unix_http import HttpAnswer, UnixHttp

PATIENCE_S = 60.0


class Told(Struct, frozen=True):
    """What an engine has answered, in plain words: `content` has the status, headers and body that are compared."""

    title: str
    content: Mapping[str, Any]


class Conversation:
    """`kept` holds what answers have told so far, by name."""

    def __init__(self, socket: Path, kept: Mapping[str, str]) -> None:
        self._http = UnixHttp(socket)
        self.kept: dict[str, Any] = dict(kept)

    def play(self, script: Iterable[Ask]) -> list[Told]:
        """Ask all of it. AssertionError if an answer that is waited for does not come."""
        return [self._ask(ask) for ask in script]

    def _ask(self, ask: Ask) -> Told:
        ends_at = time.monotonic() + PATIENCE_S
        while True:
            answer = self._http.send(ask.method, self._target(ask), self._body(ask), ask.kind)
            body = _json(answer)
            if ask.until is None or ask.until(body):
                break
            assert time.monotonic() < ends_at, f"{ask.title}: never as it should be: {body}"
            pause()
        for name, pointer in ask.keep.items():
            found = at(body, pointer) if isinstance(pointer, str) else pointer(body)
            assert found is not NOTHING, f"{ask.title}: nothing at {pointer} in {body}"
            self.kept[name] = found
        return Told(ask.title, self._content(ask, answer, body))

    def _target(self, ask: Ask) -> str:
        path = quote(self._filled(ask.path))
        query = urlencode({name: self._filled(value) for name, value in ask.query.items()})
        return f"{ask.version}{path}{'?' if query else ''}{query}"

    def _body(self, ask: Ask) -> bytes | None:
        if ask.body is None or isinstance(ask.body, bytes):
            return ask.body
        return json.dumps(self._filled(ask.body)).encode()

    def _filled(self, value: Any) -> Any:
        """With what is kept in the place of its names; a text that is nothing but one name becomes what is kept."""
        if isinstance(value, dict):
            return {self._filled(key): self._filled(content) for key, content in value.items()}
        if isinstance(value, list):
            return [self._filled(content) for content in value]
        if not isinstance(value, str):
            return value
        for name, kept in self.kept.items():
            if value == f"{{{name}}}":
                return kept
            value = value.replace(f"{{{name}}}", str(kept))
        return value

    def _content(self, ask: Ask, answer: HttpAnswer, body: Any) -> Mapping[str, Any]:
        content: dict[str, Any] = {"status": answer.status}
        part = at(body, ask.part)
        if part is not NOTHING:
            content["body"] = Plain(self.kept).of(part)
        for name in ask.headers:
            if name in answer.headers:
                content[name] = answer.headers[name]
        return content


def _json(answer: HttpAnswer) -> Any:
    """The answer's JSON, its text if it is none, NOTHING without a body."""
    text = answer.body.decode()
    try:
        return json.loads(text) if text else NOTHING
    except ValueError:
        return text
