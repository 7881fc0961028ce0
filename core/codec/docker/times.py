"""Wall-clock times as Docker writes them: RFC 3339 in UTC, with as many digits of the nanosecond as it takes."""

from datetime import UTC, datetime, timedelta

from core.codec.docker.kinds import Object
from core.timing import SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(time_ns: int) -> str:
    """`2026-01-31T12:00:00.25Z` for nanoseconds since the epoch."""
    seconds, nanoseconds = divmod(time_ns, SECOND)
    fraction = f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def meta(version: int, created_at: int, updated_at: int) -> Object:
    """What every object says of its own history; the version is what an update must name."""
    return {"Version": {"Index": version}, "CreatedAt": rfc3339(created_at), "UpdatedAt": rfc3339(updated_at)}
