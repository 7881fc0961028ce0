"""What stands behind each fault's word on a command line, for its help and for what is said when something lacks."""

from collections.abc import Mapping
from typing import Final

from swarmsim.scenario.forms import Mapped, Single
from swarmsim.scenario.step_language import VERBS

EXAMPLES: Final[Mapping[str, str]] = {
    "kill": "m1 w2",
    "kill-daemon": "leader",
    "restart": "m1",
    "move": "w1",
    "pause": "'1 worker' --for 20s",
    "resume": "m1",
    "partition": "m1,m2 / m3,w1",
    "one-way": "from=m1 to=w1,w2",
    "bridge": "m3",
    "ring": "m1 m2 m3",
    "isolate": "leader --for 20s",
    "break-cable": "w1",
    "heal": "m1",
    "flap": "m1 w1 --every 500ms",
    "slow-link": "m1 w1 --latency 50ms",
    "narrow-link": "m1 w1 --bandwidth 1Mbit/s",
    "loss": "10% --on m1,w1",
    "duplicate": "10% --on m1,w1",
    "reorder": "10% --on m1,w1",
    "slow-disk": "m1 --latency 20ms",
    "full-disk": "m1",
    "fail-disk": "m1",
    "corrupt-disk": "m1",
    "lose-disk": "m1",
    "repair-disk": "m1",
    "skew-clock": "m1 --by 2s",
    "jump-clock": "m1 --by -2s",
    "drift-clock": "m1 --by 1%",
    "stop-engine": "w1",
    "fail-pulls": "w1",
    "fail-routes": "w1",
    "slow-routes": "w1 --latency 200ms",
    "mute-routes": "w1",
    "crash-task": "web.1",
    "exit": "web.1 --code 3",
    "unhealthy": "web.1",
    "out-of-memory": "web.1",
}
_TARGETS: Final = {"hosts": "HOST", "tasks": "TASK", "link": "END", "groups": "HOSTS", "ratio": "PERCENT"}


def example(verb: str) -> str:
    """A whole command line."""
    return f"swarmsim fault {verb} {EXAMPLES[verb]}"


def target(verb: str) -> str:
    """What each word that stands for itself names."""
    shape = VERBS[verb].value
    if isinstance(shape, Single):
        return _TARGETS[shape.field]
    assert isinstance(shape, Mapped), "no fault is written otherwise"
    return "HOST" if shape.short else "|".join(f"{key}=HOST" for key in shape.form.keys)


def keys(verb: str) -> str:
    """What is to be written beside it, and in brackets what may be."""
    beside = VERBS[verb].beside
    needed = [f"--{key} {key.upper()}" for key in beside.required]
    return " ".join((*needed, *(f"[--{key} {key.upper()}]" for key in beside.keys if key not in beside.required)))
