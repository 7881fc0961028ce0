"""Whatever a spec says, what is shown of it can be sent back: a client reads, edits and sends the whole."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from docker_records import sayable
from hypothesis import given
from hypothesis import strategies as st

from core.codec.docker.network import NETWORK_REQUEST, decode_network_request
from core.codec.docker.service import SERVICE_SPEC, decode_service_spec
from core.codec.docker.unsupported import warnings
from core.mistakes import DocumentError
from core.objects.network import NetworkSpec
from core.objects.service import ServiceSpec


def as_sent(body: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(body))


def in_lower_case(body: object) -> object:
    """With the names of all objects so, as Go's JSON takes them; labels, whose names are the user's, lose theirs."""
    if isinstance(body, dict):
        return {name.lower(): in_lower_case(content) for name, content in body.items()}
    return list(map(in_lower_case, body)) if isinstance(body, list) else body


POINTERS = frozenset(
    ["Delay", "Init", "MaxAttempts", "MaxConcurrent", "Replicas", "StopGracePeriod", "TotalCompletions", "Window"]
)
NEVER_OMITTED = frozenset(["ConfigID", "ConfigName", "GID", "Hard", "Mode", "SecretID", "SecretName", "Soft", "UID"])
MAPS = frozenset(["DriverOpts", "Labels", "Options", "Sysctls"])


def through_go(body: Any) -> Any:
    """As a client in Go writes it, who has read it into Docker's structs: without what is empty, but for pointers."""
    if isinstance(body, list):
        return list(map(through_go, body))
    if not isinstance(body, dict):
        return body
    kept = {name for name, content in body.items() if content or isinstance(content, dict)}
    written = [name for name in body if name in kept | POINTERS | NEVER_OMITTED]
    return {name: body[name] if name in MAPS else through_go(body[name]) for name in written}


@given(sayable(ServiceSpec))
def test_a_service(spec: ServiceSpec) -> None:
    assert decode_service_spec(as_sent(SERVICE_SPEC.write(spec))) == spec


@given(sayable(ServiceSpec))
def test_a_client_in_go_that_changes_nothing_of_a_template_restarts_nothing(spec: ServiceSpec) -> None:
    again = decode_service_spec(through_go(as_sent(SERVICE_SPEC.write(spec))))
    assert (again.task, again.endpoint, again.mode) == (spec.task, spec.endpoint, spec.mode)


@given(sayable(NetworkSpec))
def test_a_network(spec: NetworkSpec) -> None:
    assert decode_network_request(as_sent(NETWORK_REQUEST.write(spec))) == spec


@given(sayable(ServiceSpec))
def test_what_was_read_is_shown_alike_in_whatever_case_it_was_sent(spec: ServiceSpec) -> None:
    shown = SERVICE_SPEC.write(spec)
    again = SERVICE_SPEC.write(decode_service_spec(in_lower_case(as_sent(shown))))
    assert in_lower_case(again) == in_lower_case(shown)


@given(sayable(ServiceSpec))
def test_all_that_is_kept_is_told(spec: ServiceSpec) -> None:
    container = spec.task.container
    kept = [spec.task.unsupported, container.unsupported, container.mounts]
    assert len(warnings(spec)) == len(list(filter(None, kept)))


scalars = st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)


@given(scalars | st.lists(scalars, max_size=3))
def test_a_template_is_an_object_or_refused(body: object) -> None:
    with pytest.raises(DocumentError, match=r"^TaskTemplate: expected a mapping"):
        decode_service_spec({"TaskTemplate": body})


def places(body: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every place in a body: its path, the object or list it is in, and its name or number there."""
    for name in list(body) if isinstance(body, dict) else range(len(body)):
        inner = f"{path}[{name}]" if isinstance(body, list) else f"{path}.{name}".removeprefix(".")
        yield inner, body, name
        if isinstance(body[name], dict | list):
            yield from places(body[name], inner)


def outcome(body: object) -> ServiceSpec | DocumentError:
    try:
        return decode_service_spec(body)
    except DocumentError as error:
        return error


lists = st.lists(scalars, max_size=1)
objects = st.dictionaries(st.text(max_size=2), scalars, max_size=1)


@given(sayable(ServiceSpec), st.data(), st.none() | scalars | lists | objects)
def test_whatever_is_put_in_a_place_is_read_or_refused_by_its_path(
    spec: ServiceSpec, data: st.DataObject, content: object
) -> None:
    body = as_sent(SERVICE_SPEC.write(spec))
    path, inside, name = data.draw(st.sampled_from(list(places(body))))
    inside[name] = content
    match outcome(body):
        case DocumentError(each=mistakes):
            assert all(mistake.path.startswith(path) for mistake in mistakes)
        case again:
            assert decode_service_spec(as_sent(SERVICE_SPEC.write(again))) == again
