"""`swarmsim check`: whether scenario and Compose files can be understood, without playing anything."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.compose.stack import Stack
from core.compose.vocabulary import TOP_LEVEL_KEYS
from core.document import nearest
from swarmsim.compose_files import load_stack, read_source
from swarmsim.counting import counted
from swarmsim.scenario.left_out import left_out
from swarmsim.scenario.loader import SECTIONS, load
from swarmsim.scenario.plan import Scenario, StackPlan
from swarmsim.scenario.steps import Deploy, Step
from swarmsim.scenario.warnings import warnings_of
from swarmsim.scenario.words import write_duration
from swarmsim.yaml_source import Source, SourceError

_FILES_HELP = "Scenario files, or Compose files (variables are taken from the environment)."


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=_FILES_HELP)],
    merge: Annotated[bool, typer.Option("--merge", help="Compose files: one stack, later ones over earlier.")] = False,
) -> None:
    """Say of each file what it amounts to, or what is wrong with it."""
    problems = 0
    for group in [files] if merge else [[file] for file in files]:
        try:
            print(f"{' + '.join(map(str, group))}: ok: {_summary(group)}")
        except SourceError as error:
            problems += 1
            print(error, file=sys.stderr)
    if problems:
        raise typer.Exit(2)


def _summary(files: list[Path]) -> str:
    sources = [read_source(file) for file in files]
    if len(files) > 1 or looks_like_compose(sources[0].data):
        named = any(_has_key(source, "name") for source in sources)
        return _of_stack(load_stack(files, name="" if named else "stack", environment=_environment()))
    return _of_scenario(load(files[0]))


def _environment() -> dict[str, str]:
    # Bytes that are no text are shown as such: nobody could make use of what Python gives for them.
    return {name: os.fsencode(value).decode(errors="replace") for name, value in os.environ.items()}


def _has_key(source: Source, key: str) -> bool:
    return isinstance(source.data, dict) and key in source.data


def looks_like_compose(data: object) -> bool:
    """Whether most keys of a file are those of a Compose file, well spelt or not; `services` alone is proof enough."""
    keys = [str(key) for key in data] if isinstance(data, dict) else []
    if "services" in keys or "cluster" in keys:
        return "services" in keys
    own = [key for key in TOP_LEVEL_KEYS if key not in SECTIONS]
    return sum(bool(nearest(key, own)) for key in keys) > sum(bool(nearest(key, SECTIONS)) for key in keys)


def _of_scenario(scenario: Scenario) -> str:
    host_count = scenario.cluster.manager_count + scenario.cluster.worker_count
    parts = [
        counted(host_count, "host"),
        counted(len(scenario.timeline), "step"),
        counted(len(scenario.expect), "expectation"),
        f"{write_duration(scenario.end_ns)} long",
    ]
    deployed: list[StackPlan | Deploy] = list(scenario.deploy)
    deployed += (step.action for step in scenario.timeline if isinstance(step.action, Deploy))
    stacks = {(each.name, each.file): each.stack for each in deployed if each.stack is not None}
    warnings = "".join(_warnings(stack, f"{file}: ") for (_, file), stack in stacks.items())
    warnings += "".join(map(_warning, warnings_of(scenario)))
    notes = "".join(_note(step, hosts) for step, hosts in left_out(scenario))
    return f"scenario {scenario.name!r}: {', '.join(parts)}{warnings}{notes}"


def _note(step: Step, hosts: tuple[str, ...]) -> str:
    are, form = ("is", "forms") if len(hosts) == 1 else ("are", "form")
    return f"\n  note: line {step.line}: {step.text}: {', '.join(hosts)} {are} in no group and {form} one more"


def _of_stack(stack: Stack) -> str:
    parts = [
        counted(len(stack.services), "service"),
        counted(len(stack.networks) + len(stack.external_networks), "network"),
        counted(len(stack.secrets) + len(stack.external_secrets), "secret"),
        counted(len(stack.configs) + len(stack.external_configs), "config"),
    ]
    externals = (f"{kind.value} {name!r} is external: the swarm must have it already" for kind, name in stack.externals)
    return f"Compose file: {', '.join(parts)}{_warnings(stack)}{''.join(map(_warning, externals))}"


def _warnings(stack: Stack, file: str = "") -> str:
    return "".join(_warning(f"{file}{each.path}{': ' if each.path else ''}{each.message}") for each in stack.warnings)


def _warning(text: str) -> str:
    return f"\n  warning: {text}"
