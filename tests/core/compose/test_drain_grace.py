"""How long the connections of a service's tasks may take to finish, as a Compose file says it."""

import pytest

from core.compose.loader import load
from core.mistakes import DocumentError
from core.timing import SECOND

ADVICE = "; write a duration like 5s, 500ms or 1m30s"


def drain_grace_ns(labels: object) -> int | None:
    """What a service with these labels gets."""
    keys = {"image": "web:1", "deploy": {"labels": labels}}
    stack = load([{"services": {"web": keys}}], lambda path: b"", name="shop", environment={}, directory="/srv")
    return stack.services[0].spec.drain_grace_ns


@pytest.mark.parametrize(
    ("labels", "meant"),
    [
        ({"swarmsim.drain-grace": "1m5s"}, 65 * SECOND),
        (["team=a", "swarmsim.drain-grace=5s"], 5 * SECOND),
        ({"swarmsim.drain-grace": 0}, 0),
        ({"swarmsim.drain-grace": "1h"}, 3600 * SECOND),
        ({"team": "a"}, None),
    ],
)
def test_a_label_says_it(labels: object, meant: int | None) -> None:
    assert drain_grace_ns(labels) == meant


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (
            {"swarmsim.drain-grace": "soon"},
            "labels.swarmsim.drain-grace: label swarmsim.drain-grace: 'soon' is not a drain grace" + ADVICE,
        ),
        (
            ["team=a", "swarmsim.drain-grace=2h"],
            "labels[1]: label swarmsim.drain-grace: '2h' is too long for a drain grace; the most is 1h",
        ),
        (
            ["swarmsim.drain-grace"],
            "labels[0]: label swarmsim.drain-grace: '' is not a drain grace" + ADVICE,
        ),
    ],
)
def test_what_cannot_be_is_told_where_it_is_written(labels: object, told: str) -> None:
    with pytest.raises(DocumentError) as refused:
        drain_grace_ns(labels)
    assert str(refused.value) == f"services.web.deploy.{told}"
