"""Labels of a service that say what only we understand.

Labels, since nothing else of a service that is ours alone survives a Compose file, the docker command line and the
Engine API on its way here. Each has a module that reads it; each is read where a service is accepted, to refuse what
cannot be, and where a task is made, which bears what it says from then on: a task outlives its service, and the
leader that made it.
"""

from collections.abc import Mapping

from core.document import described, parse_duration_ns


class BadLabel(ValueError):
    """It says nothing that can be done; the text says what it should say. `label` is its name."""

    def __init__(self, label: str, what: str) -> None:
        super().__init__(f"label {label}: {what}")
        self.label = label


def labelled_duration_ns(labels: Mapping[str, str], label: str, meaning: str) -> int | None:
    """What a label says, in nanoseconds; None if it is not there. Raises `BadLabel`: it is not `meaning`."""
    text = labels.get(label)
    if text is None:
        return None
    duration_ns = parse_duration_ns(text)
    if duration_ns is None:
        raise BadLabel(label, f"{described(text)} is not {meaning}; write a duration like 5s, 500ms or 1m30s")
    return duration_ns
