"""Versions of the Engine API that are served, as they stand in a request's path."""

from typing import Final

from swarmsim.api.errors import bad_request

Version = tuple[int, int]

OLDEST: Final[Version] = (1, 24)
NEWEST: Final[Version] = (1, 50)


def text_of(version: Version) -> str:
    """As in `/v1.41/nodes`."""
    return f"{version[0]}.{version[1]}"


def parse_version(text: str) -> Version:
    """The version that a request asks for; ApiError for one that is not served."""
    major, dot, minor = text.partition(".")
    if not (dot and major.isdecimal() and minor.isdecimal()):
        raise bad_request(f"invalid API version {text!r}: write it as in /v{text_of(NEWEST)}/info")
    version = (int(major), int(minor))
    if version < OLDEST:
        raise bad_request(
            f"client version {text} is too old. Minimum supported API version is {text_of(OLDEST)}, "
            "please upgrade your client to a newer version"
        )
    if version > NEWEST:
        raise bad_request(f"client version {text} is too new. Maximum supported API version is {text_of(NEWEST)}")
    return version
