"""Labels as details show them."""

from swarmsim.cli.docker.client import Json


def label_lines(labels: Json, head: str = "Labels:") -> list[str]:
    """One a line under their head; nothing if there are none."""
    if not labels:
        return []
    return [head, *(f" - {key}={value}" if value else f" - {key}" for key, value in sorted(labels.items()))]


def label_text(labels: Json) -> str:
    """All on one line, as lists have them."""
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items()))
