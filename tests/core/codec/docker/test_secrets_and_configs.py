"""Secrets, which are never shown, and configs, which are."""

import pytest
from docker_records import sayable
from hypothesis import given
from msgspec.structs import replace

from core.codec.docker.config import decode_config_spec, encode_config
from core.codec.docker.kept import MAX_DEPTH
from core.codec.docker.secret import decode_secret_spec, encode_secret
from core.codec.docker.unsupported import warnings
from core.ids import ConfigId, SecretId
from core.mistakes import DocumentError
from core.objects.config import Config, ConfigSpec
from core.objects.secret import Secret, SecretSpec

META = {"Version": {"Index": 3}, "CreatedAt": "1970-01-01T00:00:00.5Z", "UpdatedAt": "1970-01-01T00:00:01Z"}


def test_a_secret_is_shown_without_its_data() -> None:
    secret = Secret(SecretId("s"), SecretSpec("key", b"hunter2"), 3, 500_000_000, 1_000_000_000)
    assert encode_secret(secret) == {"ID": "s", **META, "Spec": {"Name": "key", "Labels": {}}}


def test_a_config_is_shown_with_its_data() -> None:
    config = Config(ConfigId("c"), ConfigSpec("conf", b"\x00\xffa", {"a": "b"}), 3, 500_000_000, 1_000_000_000)
    spec = {"Name": "conf", "Labels": {"a": "b"}, "Data": "AP9h"}
    assert encode_config(config) == {"ID": "c", **META, "Spec": spec}


def test_a_secret_as_clients_send_it() -> None:
    assert decode_secret_spec({"Name": "key", "Labels": None, "Data": "aHVudGVyMg=="}) == SecretSpec("key", b"hunter2")
    assert decode_secret_spec({"Labels": {"a": "b"}}) == SecretSpec("", b"", {"a": "b"})


@given(sayable(ConfigSpec))
def test_what_is_shown_of_a_config_can_be_sent_back(spec: ConfigSpec) -> None:
    assert decode_config_spec(encode_config(Config(ConfigId("c"), spec))["Spec"]) == spec


@given(sayable(SecretSpec))
def test_what_is_shown_of_a_secret_can_be_sent_back_but_for_its_data(spec: SecretSpec) -> None:
    shown = encode_secret(Secret(SecretId("s"), spec))["Spec"]
    assert decode_secret_spec(shown) == replace(spec, data=b"")


def test_drivers_are_kept_and_said_to_have_no_effect() -> None:
    body = {"Name": "key", "Labels": {}, "Driver": {"Name": "vault"}, "Templating": {"Name": "golang", "Options": None}}
    spec = decode_secret_spec(body)
    assert encode_secret(Secret(SecretId("s"), spec))["Spec"] == body
    assert warnings(spec) == ("Driver has no effect here", "Templating has no effect here")
    spec_of_config = decode_config_spec({"Name": "conf", "Templating": {"Name": "golang"}})
    assert warnings(spec_of_config) == ("Templating has no effect here",)


@pytest.mark.parametrize("data", ["a", "a===", "ä", "aGk=\n!", "-_-_"])
def test_data_that_is_no_base64_is_refused(data: str) -> None:
    with pytest.raises(DocumentError, match=r"^Data: expected base64$"):
        decode_config_spec({"Name": "conf", "Data": data})


def test_what_is_kept_may_not_nest_without_end() -> None:
    deep: object = 1
    for _ in range(MAX_DEPTH):
        deep = {"a": [deep]} if isinstance(deep, int) else [deep]
    with pytest.raises(DocumentError, match=r"^Driver: objects and lists lie more than 16 deep$"):
        decode_secret_spec({"Driver": deep})
    inner = deep[0]  # type: ignore[index]
    assert encode_secret(Secret(SecretId("s"), decode_secret_spec({"Driver": inner})))["Spec"]["Driver"] == inner
