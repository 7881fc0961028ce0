"""Filters of lists: `?filters={"label": {"env=prod": true}}`, or as lists, as older clients write them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from swarmsim.api.errors import ApiError, bad_request

_TRUTHS: Final = {"1": True, "true": True, "0": False, "false": False}


class Filters(Struct, frozen=True):
    """Values by key. A key without values filters nothing. Any of several will do; but of labels, all must hold."""

    values: Mapping[str, Sequence[str]]

    def of(self, key: str) -> Sequence[str]:
        """What is asked for under this key."""
        return self.values.get(key, ())

    def check(self, key: str, words: Sequence[str]) -> None:
        """ApiError, with Docker's status for it, if what is asked for is none of the words there are."""
        for value in self.of(key):
            if value not in words:
                raise ApiError(500, f"invalid {key} filter {value!r}: use one of {', '.join(words)}")

    def one_of(self, key: str, candidates: Iterable[str]) -> bool:
        """Whether any of the candidates is exactly what is asked for."""
        wanted = self.of(key)
        return not wanted or any(candidate in wanted for candidate in candidates)

    def prefix(self, key: str, *candidates: str) -> bool:
        """Whether one of the candidates begins with what is asked for, as ids and names of the swarm are filtered."""
        wanted = self.of(key)
        return not wanted or any(candidate.startswith(each) for candidate in candidates for each in wanted)

    def contains(self, key: str, candidate: str) -> bool:
        """Whether what is asked for is anywhere in the candidate, as names of networks and containers are filtered."""
        wanted = self.of(key)
        return not wanted or any(each in candidate for each in wanted)

    def labels(self, key: str, labels: Mapping[str, str]) -> bool:
        """Whether all labels asked for are there: `key` for any value, or `key=value`."""
        for wanted in self.of(key):
            name, equals, value = wanted.partition("=")
            if name not in labels or (equals and labels[name] != value):
                return False
        return True

    def prunable(self, labels: Mapping[str, str]) -> bool:
        """Whether what has these labels may be pruned: `label` holds, and `label!`, if it is said, does not."""
        return self.labels("label", labels) and not (self.of("label!") and self.labels("label!", labels))

    def truth(self, key: str) -> bool | None:
        """What is asked for under a key that is true or false; None for nothing, ApiError for any other word."""
        wanted = self.of(key)
        if not wanted:
            return None
        if len(wanted) > 1 or wanted[0] not in _TRUTHS:
            raise bad_request(f"invalid filter '{key}={', '.join(wanted)}': say true or false")
        return _TRUTHS[wanted[0]]


def parse_filters(text: str, allowed: Sequence[str]) -> Filters:
    """From the request's parameter; ApiError for one that is malformed or has a key that is not allowed."""
    if not text:
        return Filters({})
    try:
        raw = msgspec.json.decode(text, type=dict[str, dict[str, bool] | list[str]])
    except (msgspec.DecodeError, UnicodeError) as error:
        raise bad_request(f"invalid filter: {error}") from None
    for key in raw:
        if key not in allowed:
            raise bad_request(f"invalid filter '{key}': use one of {', '.join(allowed)}")
    return Filters({key: list(values) for key, values in raw.items()})  # as in Docker, `false` asks for a value as well
