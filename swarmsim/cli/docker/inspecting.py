"""`inspect` of whatever there is: JSON, or a template filled in."""

import json
import sys
from collections.abc import Callable, Sequence

import typer

from swarmsim.cli.docker.client import DaemonError
from swarmsim.cli.docker.templates import Json, Template, compact_json

_INDENT = 4


def print_inspected(
    names: Sequence[str],
    read: Callable[[str], Json],
    format_text: str,
    *,
    pretty: Callable[[Json], str] | None = None,
) -> None:
    """Print what `read` finds of each; what is not found is told after what is, and ends in exit code 1."""
    template = Template(format_text) if format_text not in ("", "json") else None
    found, failures = [], []
    for name in names:
        try:
            found.append(read(name))
        except DaemonError as error:
            failures.append(str(error))
    if pretty is not None:
        print("\n".join(map(pretty, found)))
    elif format_text:
        for each in found:
            print(compact_json(each) if template is None else template.fill(each))
    else:
        print(json.dumps(found, indent=_INDENT, ensure_ascii=False))
    if failures:
        print("\n".join(failures), file=sys.stderr)
        raise typer.Exit(1)
