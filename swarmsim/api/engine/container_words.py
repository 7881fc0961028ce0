"""What is said of a container in words: how it is doing, and its command line."""

from typing import Final

from core.timing import SECOND
from swarmsim.containers import EngineContainer, Health, Status

_HEALTH: Final = {
    Health.NONE: "",
    Health.STARTING: " (health: starting)",
    Health.HEALTHY: " (healthy)",
    Health.UNHEALTHY: " (unhealthy)",
}
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_UNITS: Final = (
    (1, "second", _MINUTE),
    (_MINUTE, "minute", _HOUR),
    (_HOUR, "hour", 2 * _DAY),
    (_DAY, "day", 14 * _DAY),
    (7 * _DAY, "week", 60 * _DAY),
    (30 * _DAY, "month", 730 * _DAY),
)
"""How long each is, and for what is shorter than what it is used; all in seconds."""
_ABOUT: Final = {(_MINUTE, 1): "About a minute", (_HOUR, 1): "About an hour"}


def status_text(container: EngineContainer, now: int) -> str:
    """As lists show it: `Up 5 minutes (healthy)`, `Exited (1) 2 hours ago`."""
    state = container.state
    if state.status is Status.CREATED:
        return "Created"
    if state.running:
        return f"Up {duration_text(now - state.started_at)}{_HEALTH[state.health]}"
    return f"Exited ({state.exit_code}) {duration_text(now - state.finished_at)} ago"


def duration_text(duration_ns: int) -> str:
    """In the largest unit of which there are a few: `5 minutes`, `About an hour`."""
    seconds = max(duration_ns, 0) // SECOND
    if seconds == 0:
        return "Less than a second"
    for length, name, limit in _UNITS:
        if seconds < limit:
            count = seconds // length
            return _ABOUT.get((length, count), f"{count} {name}{'' if count == 1 else 's'}")
    return f"{seconds // (365 * _DAY)} years"


def command_text(argv: tuple[str, ...]) -> str:
    """Its words, with quotes around those that have spaces in them."""
    return " ".join(f"'{word}'" if " " in word else word for word in argv)
