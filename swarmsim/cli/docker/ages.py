"""How long something has been so, in docker's words, and the times the API tells."""

from datetime import UTC, datetime
from typing import Final

_MINUTE_S: Final = 60
_HOUR_S: Final = 60 * _MINUTE_S
_DAY_S: Final = 24 * _HOUR_S
_NEVER: Final = "0001-01-01T00:00:00Z"


def duration_words(seconds: float) -> str:
    """`5 seconds`, `About a minute`, `3 weeks`: the largest unit that is worth it, rounded down but for hours."""
    if seconds < 1:
        return "Less than a second"
    if seconds < 2:
        return "1 second"
    if seconds < _MINUTE_S:
        return f"{int(seconds)} seconds"
    if seconds < 2 * _MINUTE_S:
        return "About a minute"
    if seconds < _HOUR_S:
        return f"{int(seconds) // _MINUTE_S} minutes"
    hour_count = int(seconds / _HOUR_S + 0.5)
    if hour_count == 1:
        return "About an hour"
    if hour_count < 48:
        return f"{hour_count} hours"
    for limit_days, unit_days, word in ((14, 1, "days"), (60, 7, "weeks"), (730, 30, "months")):
        if hour_count < limit_days * 24:
            return f"{hour_count // (24 * unit_days)} {word}"
    return f"{int(seconds) // (365 * _DAY_S)} years"


def age(timestamp: str, now: datetime | None = None) -> str:
    """Since then: `5 seconds ago`; empty for a time that never was."""
    if not timestamp or timestamp == _NEVER:
        return ""
    return f"{duration_words(((now or datetime.now(UTC)) - moment(timestamp)).total_seconds())} ago"


def moment(timestamp: str) -> datetime:
    """A time of the API, whose fraction may have nine digits; Python's have six."""
    whole, _, fraction = timestamp.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:6]:0<6}+00:00")


def clock_words(timestamp: str) -> str:
    """As details tell a time: `2026-01-31 12:00:00.25 +0000 utc`."""
    return f"{timestamp.removesuffix('Z').replace('T', ' ')} +0000 utc"
