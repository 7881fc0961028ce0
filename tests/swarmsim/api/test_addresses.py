"""Which address a host is to be reached at."""

import pytest

from swarmsim.api.errors import ApiError
from swarmsim.api.swarm.addresses import advertised, check_data_path, remote

OWN = {"lo": "127.0.0.1", "eth0": "198.18.0.1"}


@pytest.mark.parametrize(
    ("advertise", "listen", "found"),
    [
        ("", "0.0.0.0", "198.18.0.1:2377"),
        ("", "0.0.0.0:2400", "198.18.0.1:2400"),
        ("eth0", "0.0.0.0:2377", "198.18.0.1:2377"),
        ("eth0:2400", "eth0:2377", "198.18.0.1:2400"),
        ("198.18.0.1", "0.0.0.0:2377", "198.18.0.1:2377"),
        ("127.0.0.1:2500", "eth0", "127.0.0.1:2500"),
    ],
)
def test_an_interface_an_address_or_nothing_names_an_own_address(advertise: str, listen: str, found: str) -> None:
    assert advertised(advertise, listen, OWN) == found


@pytest.mark.parametrize(
    ("advertise", "listen", "message"),
    [
        (
            "198.18.0.9",
            "0.0.0.0",
            "must specify a listening address because the address to advertise is not recognized",
        ),
        ("eth7", "0.0.0.0", "advertise address must be a non-zero IP address or network interface"),
        ("0.0.0.0", "0.0.0.0", "advertise address must be a non-zero IP address"),
        ("eth0", "", 'invalid ListenAddr "": invalid empty address'),
        ("", "eth7:2377", "listen address must be an IP address or network interface"),
    ],
)
def test_no_other_address_is_advertised(advertise: str, listen: str, message: str) -> None:
    with pytest.raises(ApiError, match=message) as refused:
        advertised(advertise, listen, OWN)
    assert refused.value.status == 400


@pytest.mark.parametrize("address", ["", "eth0", "198.18.0.1"])
def test_the_data_path_may_have_an_address_of_its_own(address: str) -> None:
    check_data_path(address, OWN)


@pytest.mark.parametrize("address", ["eth7", "0.0.0.0", "somewhere.example"])
def test_the_data_path_has_an_interface_or_an_address(address: str) -> None:
    with pytest.raises(ApiError, match="data path address must be a non-zero IP address or network interface"):
        check_data_path(address, OWN)


def test_a_managers_port_need_not_be_named() -> None:
    assert remote("198.18.0.1") == "198.18.0.1:2377"
    assert remote("198.18.0.1:99") == "198.18.0.1:99"


@pytest.mark.parametrize("text", ["", "m1", "198.18.0.1:x"])
def test_what_is_no_managers_address_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="invalid remoteAddr"):
        remote(text)
