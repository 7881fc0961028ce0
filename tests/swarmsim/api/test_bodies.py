"""Bodies that are read as Docker reads them."""

from typing import Any

import pytest
from msgspec import Struct

from swarmsim.api.bodies import read
from swarmsim.api.engine.container_requests import decode_create
from swarmsim.api.errors import ApiError


class Wish(Struct, frozen=True, rename="pascal"):
    times: int = 1
    attach_stdin: bool = False


@pytest.mark.parametrize(
    ("body", "wish"),
    [
        ({"Times": 2, "AttachStdin": True}, Wish(2, True)),
        ({"times": 2, "ATTACHSTDIN": True}, Wish(2, True)),
        ({"Times": None, "Unheard": {"Of": 1}}, Wish()),
    ],
)
def test_names_are_read_in_any_case_and_null_is_nothing(body: dict[str, Any], wish: Wish) -> None:
    assert read(body, Wish, "wish") == wish


def test_what_is_of_another_kind_is_refused_with_its_place() -> None:
    with pytest.raises(ApiError, match=r"^invalid wish: Expected `int`, got `str` - at `\$\.Times`$") as refused:
        read({"Times": "2"}, Wish, "wish")
    assert refused.value.status == 400


def test_a_container_and_its_host_are_read_so() -> None:
    body = {"image": "alpine", "Tty": None, "hostconfig": {"autoremove": True, "NetworkMode": None, "privileged": True}}
    wanted, warnings = decode_create(body, "")
    assert (wanted.spec.image, wanted.spec.tty, wanted.auto_remove) == ("alpine", False, True)
    assert warnings == ["HostConfig.Privileged has no effect in a simulated container"]
    with pytest.raises(ApiError, match="invalid container"):
        decode_create({"Image": "alpine", "HostConfig": ["odd"]}, "")
