"""`swarmsim check`: whether scenario and Compose files can be understood, without playing anything."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.compose.stack import Stack
from core.compose.vocabulary import TOP_LEVEL_KEYS
from core.suggestions import nearest
from swarmsim.cli.completion import yaml_files
from swarmsim.cli.stacks import client_stack, warning, warnings_of
from swarmsim.cli.standard_input import check_read_once
from swarmsim.compose_files import called, read_text
from swarmsim.counting import counted
from swarmsim.scenario.left_out import left_out
from swarmsim.scenario.loader import SECTIONS, load_text
from swarmsim.scenario.plan import Scenario, StackPlan
from swarmsim.scenario.steps import Deploy, Step
from swarmsim.scenario.warnings import unwise
from swarmsim.scenario.words import write_duration
from swarmsim.yaml_source import SourceError, parse

_FILES_HELP = "Scenario files, or Compose files (variables are taken from the environment); - is stdin."


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=_FILES_HELP, autocompletion=yaml_files)],
    merge: Annotated[bool, typer.Option("--merge", help="Compose files: one stack, later ones over earlier.")] = False,
) -> None:
    """Say of each file what it amounts to, or what is wrong with it."""
    check_read_once(files)
    problems = 0
    for group in [files] if merge else [[file] for file in files]:
        try:
            print(f"{' + '.join(map(called, group))}: ok: {_summary(group)}")
        except SourceError as error:
            problems += 1
            print(error, file=sys.stderr)
    if problems:
        raise typer.Exit(2)


def _summary(files: list[Path]) -> str:
    texts = [read_text(file) for file in files]
    sources = [parse(called(file), text) for file, text in zip(files, texts, strict=True)]
    if len(files) > 1 or looks_like_compose(sources[0].data):
        return _of_stack(client_stack(sources, files[0].parent, default_name="stack"))
    return _of_scenario(load_text(files[0], texts[0]))


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
    stacks = {(each.name, " + ".join(each.files)): each.stack for each in deployed if each.stack is not None}
    warnings = "".join(warnings_of(stack, f"{file}: ") for (_, file), stack in stacks.items())
    warnings += "".join(map(warning, unwise(scenario)))
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
    return f"Compose file: {', '.join(parts)}{warnings_of(stack)}{''.join(map(warning, externals))}"
