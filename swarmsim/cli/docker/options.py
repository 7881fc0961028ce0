"""Options and arguments that many verbs have, and what is made of them."""

from collections.abc import Sequence
from typing import Annotated

import typer

from swarmsim.cli.docker.client import DaemonError

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print ids alone.")]
Silent = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Detach = Annotated[
    bool, typer.Option("--detach/--no-detach", "-d", help="Do not wait until all is as declared.", show_default=False)
]
Format = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help="json, table, or a template like '{{.ID}}: {{.Name}}'.")
]
InspectFormat = Annotated[
    str, typer.Option("--format", "-f", metavar="FORMAT", help="json, or a template like '{{.Spec.Name}}'.")
]
Pretty = Annotated[bool, typer.Option("--pretty", help="Print it for people.")]
Filter = Annotated[
    list[str] | None, typer.Option("--filter", "-f", metavar="KEY=VALUE", help="Show only what is so; repeatable.")
]
NoTruncation = Annotated[bool, typer.Option("--no-trunc", help="Do not shorten ids, images and errors.")]
NoResolve = Annotated[bool, typer.Option("--no-resolve", help="Show ids instead of names.")]
Labels = Annotated[
    list[str] | None, typer.Option("--label", "-l", metavar="KEY=VALUE", help="Label of it; repeatable.")
]


def filters_of(written: Sequence[str] | None) -> dict[str, list[str]]:
    """`KEY=VALUE` texts as the API wants them."""
    found: dict[str, list[str]] = {}
    for text in written or ():
        key, equals, value = text.partition("=")
        if not equals:
            raise DaemonError(f'invalid argument {text!r} for "-f, --filter": write it as KEY=VALUE')
        found.setdefault(key.strip().lower(), []).append(value.strip())
    return found


def pairs_of(written: Sequence[str] | None) -> dict[str, str]:
    """`KEY=VALUE` texts as a mapping; without a value it is empty."""
    return {key: value for key, _, value in (text.partition("=") for text in written or ())}
