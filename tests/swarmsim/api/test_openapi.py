"""The document of what is served: sound, whole, and the same wherever it is to be had."""

import json
from pathlib import Path

import pytest
from command_output import told
from openapi_spec_validator import validate
from served import bare, served
from unix_http import UnixHttp

from swarmsim.api.openapi import document, statuses
from swarmsim.api.route import Route
from swarmsim.api.routes import ROUTES
from swarmsim.api.shapes import SHAPES

SUFFIXES = ("[]", " stream")


def test_it_is_a_sound_openapi_document() -> None:
    validate(json.loads(json.dumps(document())))


def test_it_has_every_route() -> None:
    paths = document()["paths"]
    assert {(method.upper(), path) for path, methods in paths.items() for method in methods} == {
        (route.method, route.path) for route in ROUTES
    }


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_what_a_route_names_is_among_the_shapes(route: Route) -> None:
    answer = route.answer
    for suffix in SUFFIXES:
        answer = answer.removesuffix(suffix)
    assert {name for name in (route.body, answer) if name} <= SHAPES.keys()


def test_every_shape_is_used() -> None:
    text = json.dumps(document()["paths"]) + json.dumps(dict(SHAPES))
    assert [name for name in SHAPES if f'"#/components/schemas/{name}"' not in text] == []


def test_refusals_are_told_with_their_shape() -> None:
    created = document()["paths"]["/services/create"]["post"]
    assert list(created["responses"]) == [str(status) for status in (201, 400, 403, 404, 408, 409, 413, 500, 501, 503)]
    for status, response in created["responses"].items():
        name = "ServiceCreated" if status == "201" else "ErrorResponse"
        assert response["content"]["application/json"]["schema"] == {"$ref": f"#/components/schemas/{name}"}


def test_what_is_so_already_is_answered_with_nothing() -> None:
    started = document()["paths"]["/containers/{container}/start"]["post"]["responses"]
    assert started["304"] == {"description": "It is so already."}


def test_a_route_without_a_body_waits_for_none() -> None:
    (listed,) = (route for route in ROUTES if (route.method, route.path) == ("GET", "/services"))
    assert not {408, 413} & {*statuses(listed)}


def test_a_host_serves_it_without_a_version(tmp_path: Path) -> None:
    with served(tmp_path, bare(1)) as cluster:
        http = UnixHttp(cluster.places["m1"].socket)
        answer = http.send("GET", "/openapi.json")
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        assert json.loads(answer.body) == json.loads(json.dumps(document()))
        assert http.send("GET", "/v1.50/openapi.json").status == 404


def test_the_command_line_prints_it() -> None:
    assert json.loads(told("openapi")) == json.loads(json.dumps(document()))
