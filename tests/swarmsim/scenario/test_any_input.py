"""Whatever is written, a scenario is understood or refused with its file and line: nothing else is ever raised."""

import contextlib
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from core.compose.loader import load as load_stack
from core.compose.stack import Stack
from swarmsim.scenario.expectation_language import FORMS
from swarmsim.scenario.loader import SECTIONS, decode
from swarmsim.scenario.plan_language import CLUSTER
from swarmsim.scenario.step_language import VERBS
from swarmsim.yaml_source import SourceError, parse

WORDS = st.sampled_from(
    [
        *("m1", "w1", "m4", "leader", "killed", "any host that is up", "shop_web", "shop_web.1", "shop", "visitors"),
        *("20s", "-5s", "1s..2s", "2s..1s", "..", "50%", "-1%", "10/s", "0/s", "1Gbit/s", "64m", "all", "x.", ".1", ""),
    ]
)
SCALARS = st.one_of(
    WORDS, st.none(), st.booleans(), st.integers(-2, 9), st.floats(-1, 9), st.text("az.:[]{}-", max_size=3)
)
KEYS = st.sampled_from(
    [
        *("managers", "workers", "including", "excluding", "rack", "host-of", "from", "to", "over", "groups", "on"),
        *("at", "until", "for", "after", "within", "at-least", "at-most", "service", "traffic", "name", "file", "rate"),
        *("latency", "by", "every", "code", "stack", "shop_web", "m1", "a", "x-note"),
    ]
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)
EXTRAS = st.dictionaries(KEYS, ANYTHING, max_size=2)


def read_stack(name: str, files: tuple[str, ...]) -> Stack:
    documents = [{"services": {"web": {"image": "web:1", "ports": ["80:80"]}}}]
    return load_stack(documents, lambda path: b"", name=name)


def understood_or_refused(document: object) -> None:
    text = yaml.safe_dump(document, allow_unicode=True)
    with contextlib.suppress(SourceError):
        decode(parse("x.yaml", text), text, read_stack)


def scenario(**sections: Any) -> dict[str, Any]:
    stack = {"stack": {"name": "shop", "file": "shop.yml"}}
    return {"name": "X", "cluster": {"managers": 3, "workers": 1}, "deploy": [stack], **sections}


@settings(max_examples=15)
@pytest.mark.parametrize("verb", VERBS)
@given(ANYTHING, EXTRAS)
def test_anything_as_a_target(verb: str, anything: object, extras: dict[str, Any]) -> None:
    understood_or_refused(scenario(timeline=[{"at": "5s", **extras, verb: anything}]))


@settings(max_examples=15)
@pytest.mark.parametrize("word", sorted({form.word for form in FORMS}))
@given(ANYTHING, EXTRAS)
def test_anything_as_a_claim(word: str, anything: object, extras: dict[str, Any]) -> None:
    understood_or_refused(scenario(expect=[{"after": "5s", "within": "1s", **extras, word: anything}]))


@settings(max_examples=15)
@pytest.mark.parametrize("key", CLUSTER.keys)
@given(ANYTHING)
def test_anything_of_a_cluster(key: str, anything: object) -> None:
    understood_or_refused(scenario(cluster={"managers": 3, key: anything}))


@pytest.mark.parametrize("section", SECTIONS)
@given(ANYTHING)
def test_any_section(section: str, anything: object) -> None:
    understood_or_refused(scenario(**{section: anything}))


@given(ANYTHING)
def test_any_document(document: object) -> None:
    understood_or_refused(document)


@given(st.text("abm1: -{}[]\"'#&*!|>%@`,?\n\t", max_size=40))
def test_any_text(text: str) -> None:
    with contextlib.suppress(SourceError):
        decode(parse("x.yaml", text), text, read_stack)
