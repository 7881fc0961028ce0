"""Secrets and configs, which differ in little."""

from collections.abc import Iterator
from typing import Any

from parity.asks import Ask, delete, get, post
from parity.scripts.founding import FOUNDED

_SERVICE = {
    "Name": "user",
    "TaskTemplate": {"ContainerSpec": {"Image": "parity:1"}},
    "Mode": {"Replicated": {"Replicas": 0}},
}
_DATA = "c29tZXRoaW5n"
_MANY = 37
"""One more than an id has letters to begin with."""
_LONGEST = 682_664
"""Of data in base64 that is less than 512,000 bytes."""


def _shared_letter(listed: Any) -> str:
    """That the ids of two of them begin with."""
    letters: list[str] = [one["ID"][0] for one in listed]
    return next(letter for letter in letters if letters.count(letter) > 1)


def _life(kind: str, longest: int) -> Iterator[Ask]:
    """`longest`: base64 characters of the largest data."""
    one = f"/{kind}s/{{{kind}}}"
    create, update = f"/{kind}s/create", f"{one}/update"
    yield from FOUNDED
    yield get(f"/{kind}s", note="none")
    yield post(create, {"Name": "first", "Data": _DATA, "Labels": {"env": "prod", "tier": ""}}, keep={kind: "/ID"})
    yield get(one, keep={"version": "/Version/Index"})
    yield get(f"/{kind}s/first", part="/ID")
    yield get(f"/{kind}s/nothing")
    yield post(create, {"Name": "first", "Data": _DATA}, note="twice")
    yield post(create, {"Name": "no_labels", "Data": _DATA}, keep={"second": "/ID"})
    yield get(f"/{kind}s/{{second}}")
    yield post(create, {"Name": "", "Data": _DATA}, note="no name")
    yield post(create, {"Name": "a b", "Data": _DATA}, note="a name with a space")
    yield post(create, {"Name": "-a", "Data": _DATA}, note="a name that begins with a dash")
    yield post(create, {"Name": "a" * 64, "Data": _DATA}, note="the longest name")
    yield post(create, {"Name": "a" * 65, "Data": _DATA}, note="a name that is too long")
    yield post(create, {"Name": "empty", "Data": ""}, note="empty")
    yield post(create, {"Name": "none"}, note="no data")
    yield post(create, {"Name": "large", "Data": "A" * longest}, note="as large as may be")
    yield post(create, {"Name": "larger", "Data": "A" * (longest + 4)}, note="too large")
    yield post(create, {"Name": "templated", "Data": _DATA, "Templating": {"Name": "golang"}}, note="a template")
    yield get(f"/{kind}s/templated")
    yield post(create, {}, note="an empty object")
    for filters in (
        '{"name": ["fir"]}',
        '{"name": ["first", "no_labels"]}',
        '{"names": ["fir"]}',
        '{"names": ["first"]}',
        f'{{"id": ["{{{kind}}}"]}}',
        '{"id": ["zzzz"]}',
        '{"label": ["env"]}',
        '{"label": ["env=prod"]}',
        '{"label": ["env=test"]}',
        '{"label": ["env=prod", "tier"]}',
        '{"label": ["env=test", "tier"]}',
    ):
        yield get(f"/{kind}s", query={"filters": filters})
    yield post(update, {"Name": "first", "Labels": {"env": "test"}}, query={"version": "{version}"}, note="labels")
    yield get(one, keep={"version": "/Version/Index"}, note="labels")
    yield post(
        update, {"Name": "first", "Labels": {}, "Data": _DATA}, query={"version": "{version}"}, note="the same data"
    )
    yield get(one, keep={"version": "/Version/Index"}, note="the same data")
    yield post(update, {"Name": "first", "Data": "b3RoZXI="}, query={"version": "{version}"}, note="other data")
    yield post(update, {"Name": "renamed", "Data": _DATA}, query={"version": "{version}"}, note="another name")
    yield post(update, {}, query={"version": "{version}"}, note="an empty object")
    yield post(update, {"Name": "first"}, query={"version": "1"}, note="stale")
    yield post(f"/{kind}s/nothing/update", {"Name": "first"}, query={"version": "1"})
    for number in range(_MANY):
        yield post(create, {"Name": f"many-{number}", "Data": _DATA}, note=f"one of many, {number}")
    yield get(f"/{kind}s", keep={"letter": _shared_letter, "version": "/0/Version/Index"}, part="/0/Spec/Nothing")
    yield get(f"/{kind}s/{{letter}}", note="the beginning of several ids")
    yield post(f"/{kind}s/{{letter}}/update", {}, query={"version": "{version}"}, note="the beginning of several ids")
    yield delete(f"/{kind}s/{{letter}}", note="the beginning of several ids")
    field = f"{kind.capitalize()}s"
    reference = {f"{kind.capitalize()}ID": f"{{{kind}}}", f"{kind.capitalize()}Name": "first"}
    file = {"Name": "first", "UID": "0", "GID": "0", "Mode": 292}
    container = {"Image": "parity:1", field: [{**reference, "File": file}]}
    yield post("/services/create", {**_SERVICE, "TaskTemplate": {"ContainerSpec": container}}, keep={"user": "/ID"})
    yield get("/services/{user}", part="/Spec/TaskTemplate")
    yield delete(one, note="in use")
    yield post(
        "/services/create",
        {
            **_SERVICE,
            "Name": "twice",
            "TaskTemplate": {"ContainerSpec": {**container, field: [{**reference, "File": file}] * 2}},
        },
        note="one target twice",
    )
    yield post(
        "/services/create",
        {
            **_SERVICE,
            "Name": "lost",
            "TaskTemplate": {
                "ContainerSpec": {
                    **container,
                    field: [{f"{kind.capitalize()}ID": "nothing", f"{kind.capitalize()}Name": "first", "File": file}],
                }
            },
        },
        note="one that is not there",
    )
    yield post(
        "/services/create",
        {**_SERVICE, "Name": "fileless", "TaskTemplate": {"ContainerSpec": {**container, field: [reference]}}},
        note="no file",
    )
    yield delete("/services/{user}")
    yield delete(one)
    yield delete(one, note="again")
    yield delete(f"/{kind}s/no_lab", note="half of a name")
    yield get(one, note="removed")


SECRETS = tuple(_life("secret", _LONGEST))
CONFIGS = tuple(_life("config", 2 * _LONGEST))
