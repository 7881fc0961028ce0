"""Reads mutants: a unified diff each, below a header that says what must catch the bug.

The header is lines of `key: value`; an indented line continues the one above:

    title: count entries of earlier terms towards a commit
    caught-by: tests/core/raft/test_safety.py
    kind: general
    why: Raft §5.4.2, figure 8

- `caught-by`: pytest node ids, or a `swarmsim ...` command.
- `kind`: `general`, a suite not made for this bug; `fuzz`, a `swarmsim fuzz` command; `own`, a test made for it.
- `by-timeout: yes`: only where the bug shows as work that never ends.
"""

import re
from dataclasses import dataclass
from pathlib import Path

PRODUCT = ("core/", "sim/", "real/", "swarmsim/")
KINDS = ("general", "fuzz", "own")
REQUIRED_KEYS = {"title", "caught-by", "kind", "why"}
OPTIONAL_KEYS = {"by-timeout"}


class BadMutant(Exception):
    """A patch file that cannot be used as it is written; the message says what to change."""


@dataclass(frozen=True)
class Mutant:
    """One patch file, as read."""

    name: str
    patch: Path
    title: str
    caught_by: str
    kind: str
    why: str
    by_timeout: bool


def read_mutant(patch: Path) -> Mutant:
    """Parse a patch file's header; raises BadMutant."""
    text = patch.read_text()
    header, separator, diff = text.partition("\ndiff --git ")
    if not separator:
        header, _, diff = text.partition("\n--- ")
    fields = _header_fields(patch.name, header)
    if missing := sorted(REQUIRED_KEYS - fields.keys()):
        raise BadMutant(f"{patch.name}: the header lacks {', '.join(missing)}")
    if unknown := sorted(fields.keys() - REQUIRED_KEYS - OPTIONAL_KEYS):
        raise BadMutant(f"{patch.name}: the header has no use for {', '.join(unknown)}")
    if fields["kind"] not in KINDS:
        raise BadMutant(f"{patch.name}: kind is one of {', '.join(KINDS)}, not {fields['kind']!r}")
    if fields["kind"] == "fuzz" and not fields["caught-by"].startswith("swarmsim fuzz "):
        raise BadMutant(f"{patch.name}: kind fuzz means caught-by: swarmsim fuzz ...")
    targets = re.findall(r"^\+\+\+ (?:b/)?(\S+)", diff, re.MULTILINE)
    if not targets or not all(target.startswith(PRODUCT) for target in targets):
        raise BadMutant(f"{patch.name}: a mutant changes {', '.join(PRODUCT)} and nothing else, not {targets}")
    return Mutant(
        name=patch.stem,
        patch=patch,
        title=fields["title"],
        caught_by=fields["caught-by"],
        kind=fields["kind"],
        why=fields["why"],
        by_timeout=fields.get("by-timeout") == "yes",
    )


def _header_fields(name: str, header: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    key = ""
    for line in filter(str.strip, header.splitlines()):
        if line[0].isspace() and key:
            fields[key] += " " + line.strip()
            continue
        key, colon, value = line.partition(":")
        if not colon:
            raise BadMutant(f"{name}: not a `key: value` line: {line!r}")
        fields[key] = value.strip()
    return fields
