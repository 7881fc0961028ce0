"""Requests drawn from the OpenAPI document, good and bad, to hosts that are served: the document tells no lies.

Whatever is sent, the status is one that the route has, a good answer has the shape that is promised, and a refusal is a
message. 500 is Docker's for updates out of sequence, words of filters that there are none of, and logs of services
without any output; it is never ours.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from conformance import faults_in
from hypothesis import given, settings
from hypothesis import strategies as st
from schema_values import anything, numbers, texts, values
from served import Served, bare, served, swarm
from unix_http import HttpAnswer, UnixHttp

from core.codec.docker.schemas import named
from swarmsim.api.openapi import NOTHING_TO_DO, answer_schema, statuses
from swarmsim.api.route import Parameter, Route
from swarmsim.api.routes import ROUTES

_DOCKERS_OWN_500: Final = re.compile(r"out of sequence|invalid [\w-]+ filter|choose at least one stream")
_OF_SWARMS: Final = [route for route in ROUTES if route.path.startswith("/swarm")]
"""They found swarms and end them: for a host with which nobody else has to do."""
_OF_OBJECTS: Final = [route for route in ROUTES if route not in _OF_SWARMS]
_REFERENCES: Final = st.sampled_from(("m1", "w1", "web", "ingress", "bridge", "none", "%", "..", "a/b")) | texts.filter(
    bool
)
_VERSIONS: Final = st.sampled_from(("", "/v1.24", *["/v1.50"] * 5, "/v1.23", "/v1.51", "/v1.x"))
_KINDS: Final = st.sampled_from((*["application/json"] * 5, "application/json; charset=utf-8", "text/plain"))
_FILTERS: Final = st.dictionaries(
    st.sampled_from(("id", "name", "label", "role", "type", "desired-state", "service", "node", "mode", "until")),
    st.dictionaries(texts, st.booleans(), max_size=2) | st.lists(texts, max_size=2),
    max_size=2,
).map(json.dumps)
_NO_JSON: Final = (
    b"",
    b"{",
    b"null",
    b"[]",
    b"\xff",
    b'{"a": NaN}',
    b'{"Name": "\\ud800"}',
    b"[" * 5000,
    b'{"a":' * 999,
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("s"), swarm(1, 1)) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("b"), bare(1)) as cluster:
        yield cluster


_names: Final = st.sampled_from(("web", "db", "cache")) | st.from_regex("[a-z]{1,8}", fullmatch=True)
_SOUND: Final[dict[str, Callable[[str], Any]]] = {
    "ServiceSpec": lambda name: {"Name": name, "TaskTemplate": {"ContainerSpec": {"Image": "nginx:1"}}},
    "ConfigSpec": lambda name: {"Name": name, "Data": "eA=="},
    "SecretSpec": lambda name: {"Name": name, "Data": "eA=="},
    "NetworkCreateRequest": lambda name: {"Name": name, "Driver": "overlay"},
    "NodeSpec": lambda name: {"Role": "manager", "Availability": "active"},
}
"""What the swarm asks for, beyond the form."""


def parameter_values(parameter: Parameter) -> st.SearchStrategy[str]:
    """What fits it, and what does not."""
    if parameter.name == "filters":
        return _FILTERS | anything.map(json.dumps) | texts
    fitting = {"integer": numbers.map(str), "boolean": st.sampled_from(("0", "1", "true")), "string": texts}
    return fitting[parameter.kind] | texts


@st.composite
def targets(draw: st.DrawFn, route: Route) -> str:
    """Path and query."""
    path = re.sub(r"\{\w+\}", lambda match: quote(draw(_REFERENCES), safe=""), route.path)
    query = {each.name: draw(parameter_values(each)) for each in route.query if each.required or draw(st.booleans())}
    if route.answer.endswith(" stream"):
        query["until"] = "1"  # or else it has no end
    return f"{draw(_VERSIONS)}{path}?{urlencode(query)}"


def bodies(route: Route) -> st.SearchStrategy[bytes | None]:
    """What fits, what nearly does, and what is none."""
    if not route.body:
        return st.sampled_from((None, b"{}"))
    fitting, wild = values(named(route.body)), values(named(route.body), wild=True)
    sound = st.builds(overlaid, fitting, _names.map(_SOUND.get(route.body, lambda name: {})))
    return st.one_of(sound.map(encoded), sound.map(encoded), wild.map(encoded), st.sampled_from(_NO_JSON))


def overlaid(below: Any, above: Any) -> Any:
    """What `above` says and, where it says nothing, what `below` does."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return below | {name: overlaid(below.get(name), content) for name, content in above.items()}


def encoded(body: Any) -> bytes:
    return json.dumps(body).encode()


def check(route: Route, answer: HttpAnswer) -> None:
    """Whether the answer is one that the document tells of."""
    assert answer.status in statuses(route), answer
    if answer.status == NOTHING_TO_DO:
        assert answer.body == b""
    elif answer.status != route.success:
        check_refusal(answer)
    elif route.answer == "Text":
        assert answer.headers["content-type"].startswith("text/plain")
    elif not (schema := answer_schema(route)):
        assert answer.body == b""
    elif not route.answer.endswith(" stream"):
        assert answer.headers["content-type"] == "application/json"
        assert faults_in(json.loads(answer.body), schema) == []


def check_refusal(answer: HttpAnswer) -> None:
    message = json.loads(answer.body)
    assert faults_in(message, named("ErrorResponse")) == []
    assert message["message"]
    assert answer.status != 500 or _DOCKERS_OWN_500.search(message["message"]), message


def send(cluster: Served, host: str, data: st.DataObject, route: Route) -> None:
    kind, target, body = data.draw(_KINDS), data.draw(targets(route)), data.draw(bodies(route))
    http = UnixHttp(cluster.places[host].socket)
    if route.path.endswith("/update") and data.draw(st.booleans()):
        target = up_to_date(http, target)
    answer = http.send(route.method, target, body, kind)
    if route.method == "HEAD":
        assert answer.status in statuses(route)
    else:
        check(route, answer)


def up_to_date(http: UnixHttp, target: str) -> str:
    """The same request, of the version that the object has."""
    path, _, query = target.partition("?")
    found = http.send("GET", path.removesuffix("/update"))
    version = json.loads(found.body)["Version"]["Index"] if found.status == 200 else 0
    return f"{path}?{urlencode(dict(parse_qsl(query)) | {'version': version})}"


@pytest.mark.parametrize("route", _OF_OBJECTS, ids=lambda route: f"{route.method} {route.path}")
@given(data=st.data(), host=st.sampled_from(("m1", "m1", "w1")))
@settings(max_examples=15)
def test_a_member_of_a_swarm_answers_as_documented(
    cluster: Served, route: Route, data: st.DataObject, host: str
) -> None:
    send(cluster, host, data, route)


@given(data=st.data(), route=st.sampled_from(ROUTES))
@settings(max_examples=60)
def test_a_host_that_enters_swarms_and_leaves_them_answers_as_documented(
    lonely: Served, data: st.DataObject, route: Route
) -> None:
    send(lonely, "m1", data, route)
