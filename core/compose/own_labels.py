"""Labels that say what only we understand (`core.objects.labels`), where a Compose file writes them.

They are the service's, under `deploy.labels`. One that is misspelt, or written on the container, would do nothing and
say nothing: of such there is a warning.
"""

from collections.abc import Callable, Mapping
from typing import Final

from core.compose.surroundings import Surroundings
from core.document import Value
from core.mistakes import Mistakes
from core.objects.drain_grace import DRAIN_GRACE_LABEL, labelled_drain_grace_ns
from core.objects.fence import FENCE_LABEL, labelled_fence_ns
from core.objects.labels import BadLabel
from core.objects.restart_backoff import RESTART_BACKOFF_LABEL, labelled_restart_backoff_ns
from core.suggestions import what_there_is

OWN_LABELS: Final[Mapping[str, Callable[[Mapping[str, str]], object]]] = {
    DRAIN_GRACE_LABEL: labelled_drain_grace_ns,
    RESTART_BACKOFF_LABEL: labelled_restart_backoff_ns,
    FENCE_LABEL: labelled_fence_ns,
}
"""Each with its reader."""
_OURS: Final = "swarmsim"
"""How all of them begin, whatever follows."""


def check_service_labels(written: Value, found: Mapping[str, str], around: Surroundings) -> None:
    """Refuse, all at once, those of a service that say nothing; warn of those that do not exist."""
    mistakes = Mistakes()
    for read in OWN_LABELS.values():
        try:
            read(found)
        except BadLabel as error:
            mistakes.note(_item(written, error.label).path, str(error))
    for label in _ours(found):
        if label not in OWN_LABELS:
            around.warn(f"label {label!r} does nothing{what_there_is(label, OWN_LABELS)}", _item(written, label).path)
    mistakes.settle()


def warn_of_container_labels(written: Value, found: Mapping[str, str], around: Surroundings) -> None:
    """Warn of those that are written on a container."""
    for label in _ours(found):
        around.warn(f"label {label!r} does nothing here: it belongs under deploy.labels", _item(written, label).path)


def _ours(labels: Mapping[str, str]) -> list[str]:
    return [label for label in labels if label.lower().startswith(_OURS)]


def _item(written: Value, label: str) -> Value:
    """Where a label that is there is written."""
    if not written.is_list:
        return written.mapping()[label]
    return {item.scalar_text().partition("=")[0]: item for item in written.items()}[label]
