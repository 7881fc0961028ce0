"""`swarmsim check`: whether scenario and Compose files can be understood, without playing anything."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.compose.stack import Stack
from swarmsim.compose_files import load_stack, read_source
from swarmsim.scenario.loader import load
from swarmsim.scenario.plan import Scenario
from swarmsim.scenario.words import write_duration
from swarmsim.yaml_source import Source, SourceError

_FILES_HELP = "Scenario files, or Compose files (variables are taken from the environment)."


def check(files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=_FILES_HELP)]) -> None:
    """Say of each file what it amounts to, or what is wrong with it."""
    problems = 0
    for file in files:
        try:
            print(f"{file}: ok: {_summary(file)}")
        except SourceError as error:
            problems += 1
            print(error, file=sys.stderr)
    if problems:
        raise typer.Exit(2)


def _summary(file: Path) -> str:
    source = read_source(file)
    keys = source.data if isinstance(source.data, dict) else {}
    if "services" in keys and "cluster" not in keys:
        return _of_stack(_stack(file, source))
    return _of_scenario(load(file))


def _stack(file: Path, source: Source) -> Stack:
    named = isinstance(source.data, dict) and "name" in source.data
    return load_stack([file], name="" if named else "stack", environment=dict(os.environ))


def _of_scenario(scenario: Scenario) -> str:
    host_count = scenario.cluster.manager_count + scenario.cluster.worker_count
    parts = [
        counted(host_count, "host"),
        counted(len(scenario.timeline), "step"),
        counted(len(scenario.expect), "expectation"),
        f"{write_duration(scenario.end_ns)} long",
    ]
    return f"scenario {scenario.name!r}: {', '.join(parts)}"


def _of_stack(stack: Stack) -> str:
    parts = [
        counted(len(stack.services), "service"),
        counted(len(stack.networks) + len(stack.external_networks), "network"),
        counted(len(stack.secrets) + len(stack.external_secrets), "secret"),
        counted(len(stack.configs) + len(stack.external_configs), "config"),
    ]
    warnings = "".join(f"\n  warning: {w.path + ': ' if w.path else ''}{w.message}" for w in stack.warnings)
    return f"Compose file: {', '.join(parts)}{warnings}"


def counted(count: int, noun: str) -> str:
    """A number with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
