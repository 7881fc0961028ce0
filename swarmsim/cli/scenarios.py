"""`swarmsim scenarios`: what stories there are."""

from pathlib import Path
from textwrap import indent, wrap
from typing import Annotated

import typer

from swarmsim.scenario.loader import load
from swarmsim.yaml_source import SourceError, refuse

_WIDTH = 100


def scenarios(
    directory: Annotated[Path, typer.Argument(help="Where the scenario files lie.")] = Path("scenarios"),
) -> None:
    """List the scenarios of a directory, each with its purpose."""
    if not directory.is_dir():
        raise SourceError(str(directory), 0, "is not a directory; name the one that holds scenarios (*.yaml)")
    files = sorted(directory.glob("*.yaml"))
    if not files:
        raise SourceError(str(directory), 0, "holds no scenario (*.yaml); name the directory that does")
    mistakes: list[SourceError] = []
    for file in files:
        try:
            scenario = load(file)
        except SourceError as error:
            mistakes.extend(error.each)
        else:
            print(f"{file}  {scenario.name}")
            print(indent("\n".join(wrap(" ".join(scenario.purpose.split()), _WIDTH)), "    "))
    refuse(mistakes)
