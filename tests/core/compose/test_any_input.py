"""Whatever is written, a Compose file becomes a stack or is refused by name: nothing else is ever raised."""

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.compose.deploy_section import DEPLOY_KEYS
from core.compose.loader import load
from core.compose.vocabulary import FORBIDDEN_SERVICE_KEYS, SERVICE_KEYS
from core.mistakes import DocumentError

WORDS = st.sampled_from(
    [
        *("web", "db", "data", "a=b", "a:b", "80:80", "80", "3", "1.5", "-1", "64m", "20s", "true", "no"),
        *("/srv", "./x:/y", "${A}", "${B:-x}", "$", "", " ", "global", "any", "CMD", "é", "x" * 70, "node.role==a"),
    ]
)
SCALARS = st.one_of(WORDS, st.none(), st.booleans(), st.integers(-2, 70000), st.floats(), st.text(max_size=3))
NESTED_KEYS = st.sampled_from(
    [
        *("source", "target", "published", "protocol", "mode", "type", "aliases", "driver", "driver_opts", "external"),
        *("name", "file", "content", "environment", "test", "interval", "disable", "limits", "cpus", "memory", "order"),
        *("condition", "constraints", "preferences", "spread", "soft", "hard", "labels", "bind", "tmpfs", "ipam"),
        *("config", "x-note", "web", "db", "data", "default"),
    ]
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NESTED_KEYS, inner, max_size=4)),
    max_leaves=6,
)
KEYS = st.sampled_from([key for key in SERVICE_KEYS if key not in FORBIDDEN_SERVICE_KEYS])
DEPLOY = st.dictionaries(st.sampled_from(DEPLOY_KEYS), ANYTHING, max_size=3)
SERVICE = st.dictionaries(KEYS, ANYTHING, max_size=3).map(lambda keys: {"image": "web:1", **keys})


def accepted_or_refused(document: object) -> None:
    with contextlib.suppress(DocumentError):
        load([document], lambda path: b"A=1\n", name="shop", environment={"A": "1"})


@given(SERVICE, st.none() | DEPLOY)
def test_any_service(service: dict[str, Any], deploy: dict[str, Any] | None) -> None:
    accepted_or_refused({"services": {"web": service if deploy is None else {**service, "deploy": deploy}}})


@settings(max_examples=20)
@pytest.mark.parametrize("key", [*SERVICE_KEYS, *(f"deploy.{key}" for key in DEPLOY_KEYS)])
@given(ANYTHING)
def test_anything_under_any_key(key: str, anything: object) -> None:
    section, _, inner = key.partition(".")
    service = {"image": "web:1", section: {inner: anything} if inner else anything}
    accepted_or_refused({"services": {"web": service}, "volumes": {"data": None}})


@given(st.sampled_from(["networks", "volumes", "secrets", "configs", "services", "version", "name"]), ANYTHING)
def test_any_section(section: str, anything: object) -> None:
    accepted_or_refused({"services": {"web": {"image": "web:1", "networks": ["web"]}}, section: anything})


@given(SERVICE, SERVICE, ANYTHING)
def test_any_two_files(first: dict[str, Any], second: dict[str, Any], anything: object) -> None:
    with contextlib.suppress(DocumentError):
        load(
            [{"services": {"web": first}}, {"services": {"web": second, "db": anything}}], lambda path: b"", name="shop"
        )


@given(ANYTHING)
def test_any_document(document: object) -> None:
    accepted_or_refused(document)
