"""Variables in Compose files."""

import pytest

from core.compose.interpolation import interpolate
from core.document import Interpolated
from core.mistakes import DocumentError

ENVIRONMENT = {"TAG": "7.2", "EMPTY": ""}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("redis:$TAG", "redis:7.2"),
        ("redis:${TAG}-alpine", "redis:7.2-alpine"),
        ("${TAG:-latest}", "7.2"),
        ("${MISSING:-latest}", "latest"),
        ("${MISSING-latest}", "latest"),
        ("${EMPTY:-latest}", "latest"),
        ("${EMPTY-latest}", ""),
        ("${EMPTY?must be set}", ""),
        ("${MISSING}", ""),
        ("$MISSING", ""),
        ("$$TAG", "$TAG"),
        ("$$$TAG", "$7.2"),
        ("${MISSING:-$TAG}", "$TAG"),
        ("no variable", "no variable"),
        ("$TAG$TAG", "7.27.2"),
    ],
)
def test_forms(written: str, meant: str) -> None:
    assert interpolate(written, "", ENVIRONMENT) == meant


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("${MISSING:?set it}", "variable 'MISSING' must be set: set it"),
        ("${EMPTY:?}", "variable 'EMPTY' must be set: it has no default"),
        ("${MISSING?}", "variable 'MISSING' must be set: it has no default"),
        ("${}", "bad variable in '${}'; write a dollar sign itself as $$"),
        ("costs 5$", "bad variable in 'costs 5$'; write a dollar sign itself as $$"),
        ("${1A}", "bad variable in '${1A}'; write a dollar sign itself as $$"),
        ("${TAG", "bad variable in '${TAG'; write a dollar sign itself as $$"),
    ],
)
def test_refusals_name_the_path(written: str, problem: str) -> None:
    with pytest.raises(DocumentError) as refused:
        interpolate({"services": {"web": {"ports": ["80", written]}}}, "", ENVIRONMENT)
    assert str(refused.value) == f"services.web.ports[1]: {problem}"


def test_values_are_replaced_and_keys_are_not() -> None:
    assert interpolate({"$TAG": {"a": ["$TAG", 1, None, True]}}, "", ENVIRONMENT) == {
        "$TAG": {"a": ["7.2", 1, None, True]}
    }


def test_what_came_from_a_variable_may_stand_for_a_number() -> None:
    assert isinstance(interpolate("$TAG", "", ENVIRONMENT), Interpolated)
    assert not isinstance(interpolate("3", "", ENVIRONMENT), Interpolated)
