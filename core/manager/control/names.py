"""Which names objects may have (swarmkit controlapi `validateAnnotations` and its kin)."""

import re
from typing import Final

from core.manager.control.refusal import invalid

_DNS_LABEL: Final = re.compile(r"[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*")
_FILE_NAME: Final = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-_.]*[a-zA-Z0-9])?")


def check_dns_name(name: str) -> None:
    """Services and networks: a DNS label in which underscores are allowed, at most 63 characters."""
    if not name:
        raise invalid("meta: name must be provided")
    if not _DNS_LABEL.fullmatch(name):
        raise invalid(f"name must be valid as a DNS name component: {name}")
    if len(name) > 63:
        raise invalid(f"name must be 63 characters or fewer: {name}")


def check_file_name(name: str) -> None:
    """Secrets and configs: at most 64 characters that are safe in a file name."""
    if len(name) > 64 or not _FILE_NAME.fullmatch(name):
        raise invalid(
            "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be"
            f" [a-zA-Z0-9]: {name!r}"
        )
