"""`swarmsim stack config`: Compose files as they are once merged and filled in. No daemon is asked."""

import json
from pathlib import Path
from typing import Annotated

import typer
import yaml

from core.compose.merging import merge
from swarmsim.cli.stacks import client_stack, filled_in
from swarmsim.cli.standard_input import check_read_once
from swarmsim.compose_files import read_source
from swarmsim.yaml_source import refuse


def config(
    compose_files: Annotated[
        list[Path],
        typer.Option("--compose-file", "-c", metavar="FILE", help="Compose file; several are merged; - is stdin."),
    ],
    skip_interpolation: Annotated[
        bool, typer.Option("--skip-interpolation", help="Leave variables as they are written.")
    ] = False,
) -> None:
    """Print Compose files merged into one, with variables filled in."""
    check_read_once(compose_files)
    sources = [read_source(file) for file in compose_files]
    refuse([mistake for source in sources for mistake in source.mistakes])
    directory = compose_files[0].parent
    if not skip_interpolation:
        client_stack(sources, directory, default_name="unnamed")  # refuses what no swarm would take
    merged: object = {}
    for source in sources:
        merged = merge(merged, source.data if skip_interpolation else filled_in(source, directory))
    print(yaml.safe_dump(json.loads(json.dumps(merged)), allow_unicode=True), end="")
