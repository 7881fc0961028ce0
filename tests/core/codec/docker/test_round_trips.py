"""Whatever a spec says, what is shown of it can be sent back: a client reads, edits and sends the whole."""

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


def as_sent(body: object) -> object:
    return msgspec.json.decode(msgspec.json.encode(body))


def in_lower_case(body: object) -> object:
    """With the names of all objects so, as Go's JSON takes them; labels, whose names are the user's, lose theirs."""
    if isinstance(body, dict):
        return {name.lower(): in_lower_case(content) for name, content in body.items()}
    return list(map(in_lower_case, body)) if isinstance(body, list) else body


@given(sayable(ServiceSpec))
def test_a_service(spec: ServiceSpec) -> None:
    assert decode_service_spec(as_sent(SERVICE_SPEC.write(spec))) == spec


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
    kept = [spec.task.unsupported, container.unsupported, *(mount.unsupported for mount in container.mounts)]
    assert len(warnings(spec)) == len(list(filter(None, kept)))


scalars = st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)


@given(scalars | st.lists(scalars, max_size=3))
def test_a_template_is_an_object_or_refused(body: object) -> None:
    with pytest.raises(DocumentError, match=r"^TaskTemplate: expected a mapping"):
        decode_service_spec({"TaskTemplate": body})
