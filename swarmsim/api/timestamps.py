"""Instants as clients write them in parameters: seconds since the epoch with or without a fraction, or RFC 3339."""

import re
from datetime import UTC, datetime
from typing import Final

from core.timing import SECOND
from swarmsim.api.errors import bad_request

_SECONDS: Final = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?")


def parse_time(name: str, text: str) -> int | None:
    """Wall-clock nanoseconds since the epoch; None if nothing is said. ApiError if it is no time."""
    if not text or text == "0":
        return None
    match = _SECONDS.fullmatch(text)
    if match:
        return int(match[1]) * SECOND + int((match[2] or "").ljust(9, "0"))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise bad_request(
            f"invalid value for {name!r}: {text!r} is no time; write seconds since 1970, or 2026-01-31T12:00:00Z"
        ) from None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(aware.timestamp()) * SECOND + aware.microsecond * 1000
